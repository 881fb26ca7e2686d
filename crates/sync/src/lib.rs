//! Sync: `/v3/sync` and simplified sliding sync, as views over the change stream and the rooms' facts.
//!
//! Invariants:
//! - Every answer asks a [`rooms::View`] what its user may see; nothing is remembered of an earlier right.
//! - A token of another epoch, or from the future, is answered with everything from the start, never with nothing.
//! - A waiting request costs memory and nothing else; it runs when a change concerns its user.
pub mod sliding;
pub mod v3;

mod account_data;
mod changes;
mod client;
mod encryption;
mod error;
mod events;
mod ignored;
mod profiles;
mod service;
mod state;
mod sticky;
mod summary;
mod thread_subscriptions;
mod timeline;
mod window;

pub use self::{
    client::Client,
    error::{Error, Result},
    service::{Sync, SyncParts},
    thread_subscriptions::ThreadSubscriptions,
};
