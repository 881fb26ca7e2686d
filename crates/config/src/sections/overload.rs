//! `[overload]`
use crate::{section::section, value::Lifetime};

section! {
    /// When the server has more to do than it can: it then refuses new requests at once (status 429, with the time after
    /// which to try again), and goes on with what it has begun. Discovery, health and syncs that wait are never refused.
    pub struct Overload in "overload" {
        /// How many requests are worked on at the same time at most.
        pub requests_max: u32 = 1_000,
        /// How many writes may wait for the database before nothing more is taken that changes something.
        pub queued_writes_max: u32 = 1_000,
        /// After which time clients are to try again.
        pub retry_after: Lifetime = Lifetime::seconds(2),
    }
    check(this, complaints) {
        for (key, number) in
            [("requests_max", this.requests_max), ("queued_writes_max", this.queued_writes_max)]
        {
            if number == 0 {
                complaints.push((key, "expected more than 0".to_owned()));
            }
        }
    }
}
