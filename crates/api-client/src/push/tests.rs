//! The push rules and the counts that follow from them, as a client sees them.
#![expect(clippy::unwrap_used, reason = "a test panics to fail")]
mod counts;
mod many;
mod own_rules;
mod rules;
mod sync;
mod threads;
mod unread;
