//! Small pictures of images that strangers sent: what decoders see, and how much they may take.
//!
//! A crate of its own because decoders are much code that seldom changes, and knows neither media nor databases.
//!
//! Invariant: nothing is decoded before its header shows that it is one of four formats and within the limits.
pub mod header;
mod size;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod thumbnail;

pub use self::{
    size::{Method, Size},
    thumbnail::{DecodeError, Encoded, Limits, thumbnail},
};
