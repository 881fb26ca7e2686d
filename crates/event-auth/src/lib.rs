//! Who may do what in a room: the authorization rules and state resolution of room versions 1 to 12, as pure functions.
//!
//! - [`auth_types_for`] says which state an event needs to be judged, [`authorize`] judges it, [`check_auth_events`]
//!   judges the events that it claims to be allowed by.
//! - [`resolve()`] merges the states of a forked room (algorithms 2 and 2.1).
//! - [`PowerLevels`] is a room's power levels, parsed once.
//!
//! Invariants: no I/O, no async, no clock; the same input gives the same answer on every machine; nothing panics on any
//! input; the work of state resolution is bounded by a limit that the caller gives.
mod auth_events;
mod auth_types;
mod authorize;
mod content;
mod denied;
mod power_levels;
mod resolve;
mod state;
#[cfg(test)]
mod testing;

pub use auth_events::check_auth_events;
pub use auth_types::{AuthSubject, AuthType, auth_types_for};
pub use authorize::authorize;
pub use content::{CreateContent, JoinRule, Membership, join_rule_of, membership_of};
pub use denied::{Denied, Malformed};
pub use power_levels::{Change, PowerLevels, UserLevel};
pub use resolve::{EventSource, Lookup, ResolveError, StateKey, StateMap, resolve};
pub use state::State;
