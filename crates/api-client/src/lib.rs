//! The Matrix client-server API: one file an endpoint, one folder an area. Handlers read, call one service, and render;
//! the rules are in the services.
//!
//! To add an endpoint: one file `src/<area>/<verb>.rs` with `ENDPOINT` and `handler`, and its name in the list of
//! `src/<area>.rs`. Router, `docs/endpoints.md`, rate limits, metrics and the tests that walk all endpoints follow.

/// The paths of an endpoint of version 3 of the API: its own, and that of the releases before, which it answers too.
macro_rules! v3 {
    ($path:literal) => {
        &[concat!("/_matrix/client/v3", $path), concat!("/_matrix/client/r0", $path)]
    };
}

pub mod accounts;
pub mod administration;
mod app;
pub mod appservices;
pub mod calls;
pub mod discovery;
pub mod encryption;
pub mod media;
mod page;
pub mod presence;
pub mod push;
pub mod rendezvous;
pub mod reports;
pub mod rooms;
pub mod server;
pub mod sync;
pub mod terms;
#[cfg(feature = "testing")]
pub mod testing;
pub mod third_party;
pub mod threepids;
pub mod validity;

use std::sync::Arc;

use ::accounts::Session;
use endpoint::endpoints;

pub use app::{
    App, AssembleError, Fields, Foundation, Lookup, NoBridges, Services, Settings, Support,
    ThirdParty,
};

/// Who is asking: a handler reads `caller.user_id` and the other fields of the [`Session`].
pub type Caller = endpoint::Caller<Arc<Session>>;

/// Who is asking for something that others will see.
pub type Actor = endpoint::Actor<Arc<Session>>;

/// Who is asking for something to be said to others.
pub type Speaker = endpoint::Speaker<Arc<Session>>;

/// Who is asking, if anybody says so.
pub type OptionalCaller = endpoint::OptionalCaller<Arc<Session>>;

endpoints! { App =>
    accounts, server, rooms, discovery, calls, third_party, reports, presence, rendezvous,
    administration, sync, push, encryption, media, appservices, threepids, terms, validity,
}

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests;
