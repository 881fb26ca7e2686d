//! Administration over HTTP: what programs and monitoring ask, and what the command line asks over
//! the node's own socket. Rules live in `accounts`: an administrator's command and an
//! administrator's endpoint call the same method there.
//!
//! Four areas, so that each listener serves only what belongs on it: [`server`] on every one,
//! [`shared_secret`] where clients are served, [`management`] for monitoring, [`local`] on the unix
//! socket alone.

mod app;
pub mod local;
pub mod management;
pub mod server;
pub mod shared_secret;

pub use app::{About, App, Services};

#[cfg(test)]
mod tests;
