//! What the HTTP APIs share: the endpoint registry, extractors, the mapping of errors, limits and CORS.
//!
//! An endpoint is one file: a [`Endpoint`] constant, its body and reply types, its errors ([`api_error!`]), a handler.
//! Lists of them ([`endpoints!`]) make [`Routes`]; a [`Site`] serves routes: it finds the endpoint, bounds the body,
//! limits the rate, catches panics, counts, and puts the headers that every reply carries.
//!
//! Invariants:
//! - A handler that does not take a [`Caller`] cannot know who is asking.
//! - Every reply, errors included, has the CORS headers and a request id; no reply of status 5xx says why.
//! - The registry is the only place with a path in it: router, documentation, metrics and tests read it from there.
mod address;
mod caller;
pub mod error;
mod form;
mod json;
mod load;
mod path;
mod query;
mod rate;
pub mod reference;
mod registry;
mod request;
mod routes;
mod site;
mod specification;
#[cfg(feature = "testing")]
pub mod testing;
mod text;
mod upload;

pub use address::{ClientAddress, ForwardedBy, Peer};
pub use caller::{
    AccessToken, Actor, Authenticated, Authority, Caller, OptionalCaller, Presented, Refusal,
    Speaker,
};
pub use error::{Failure, Kind};
pub use form::Form;
pub use json::{Json, JsonOrEmpty, RawJson};
pub use load::{AT_WORK, Overload, QueuedWrites, SHED_TOTAL};
pub use path::Path;
pub use query::Query;
pub use rate::RateClass;
pub use registry::{Auth, Endpoint, Method, body, concat};
pub use request::RequestId;
pub use routes::{Conflict, Handle, Reply, Routes};
pub use site::{DURATION_SECONDS, REQUESTS_TOTAL, Site, SiteOptions, Trusted};
pub use upload::{RawBody, Upload};

pub use axum::extract::State;
