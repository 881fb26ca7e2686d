//! Sync over the wire.
#![expect(clippy::needless_pass_by_value, reason = "tests hand in json!(…)")]

mod ignored_users;
mod profiles;
mod sliding;
mod sticky;
mod thread_subscriptions;
mod v3;
mod waiting;
