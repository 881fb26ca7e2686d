//! What is made of images that strangers sent: small pictures of them, and hashes that look like them.
//!
//! A crate of its own because decoders are much code that seldom changes, and knows neither media nor databases. It runs in
//! a process of its own ([`wire`]): a decoder that breaks, breaks nothing else.
//!
//! Invariant: nothing is decoded before its header shows that it is one of four formats and within the limits.
mod animation;
mod blur;
pub mod header;
mod job;
mod size;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod thumbnail;
pub mod wire;

pub use self::{
    job::{DecodeError, Encoded, Job, Limits},
    size::{Method, Size},
};
