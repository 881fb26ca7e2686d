//! The push rules and the counts that follow from them, as a client sees them.
#![expect(clippy::unwrap_used, reason = "a test panics to fail")]
mod counts;
mod delivery;
mod digest_failures;
mod digests;
mod history;
mod ignored_users;
mod many;
mod own_rules;
mod purges;
mod pushers;
mod rules;
mod subscriptions;
mod sync;
mod threads;
mod unread;
