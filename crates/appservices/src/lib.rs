//! Application services: programs that act as many users and learn of what happens in their rooms ([spec]). Bridges and
//! bots are such.
//!
//! Invariants:
//! - Tokens of application services are compared as hashes, in constant time.
//! - An application service acts only as users of its own namespace, and only it does so in a namespace that is exclusive.
//!
//! [spec]: https://spec.matrix.org/v1.16/application-service-api/
mod acting;
mod delivery;
mod link;
mod namespaces;
mod ping;
mod queries;
mod registration;
mod registrations;
mod service;
mod third_party;

pub use self::{
    acting::{Acting, Masquerade, MasqueradeError, NotOwned},
    link::LinkError,
    namespaces::{Namespace, Namespaces},
    ping::PingError,
    registration::Registration,
    registrations::{Invalid, Problem, Registrations},
    service::{Appservices, Parts, PrepareError},
    third_party::{Sought, instance_id, network_of_instance},
};
