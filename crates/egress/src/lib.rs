//! The one outbound HTTP client.
//!
//! Whoever can make the server fetch a URL could otherwise make it ask inside the administrator's
//! network (SSRF). So the addresses a name resolves to are checked where the connection is made, not
//! before: a name that answers differently the second time gains nothing. Answers are cut at a number
//! of bytes and a span of time, redirects are not followed unless the caller asks, and compression is
//! not offered, so that a small answer cannot become a large one.
//!
//! Invariant: nothing else in the workspace opens an outbound HTTP connection.

pub mod address;
mod arriving;
mod client;
mod error;
mod resolver;

pub use self::{
    arriving::Arriving,
    client::{Answer, Egress, Options, Request},
    error::Error,
    resolver::{Looking, Lookup},
};

#[cfg(test)]
mod tests;
