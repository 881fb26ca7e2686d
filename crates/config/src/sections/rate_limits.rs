//! `[rate_limits]`
use crate::{section::section, value::Rate};

const fn rate(per_second: f64, burst: u32) -> Rate {
    Rate { per_second, burst }
}

section! {
    /// How often one user may do something, or one address where nobody is logged in. Each is a
    /// bucket: so many requests a second on average, and so many at once.
    pub struct RateLimits in "rate_limits" {
        /// Turns all limits off, for load tests.
        pub enabled: bool = true,
        /// Reads of something small.
        pub read: Rate = rate(50.0, 1_000),
        /// Reads that take work: pages of history, members, searches.
        pub search: Rate = rate(10.0, 200),
        /// Small changes: account data, receipts, typing, keys.
        pub write: Rate = rate(20.0, 400),
        /// Messages and other events.
        pub message: Rate = rate(10.0, 100),
        /// New rooms.
        pub create_room: Rate = rate(0.1, 20),
        /// Joins, knocks and leaves.
        pub join: Rate = rate(0.5, 30),
        /// Invites.
        pub invite: Rate = rate(0.5, 60),
        /// Logins and other proofs of who one is.
        pub login: Rate = rate(0.2, 20),
        /// New accounts, and questions whether a name is free.
        pub register: Rate = rate(0.1, 10),
        /// Messages to e-mail addresses and phones that somebody asks for, to prove that they are theirs.
        pub verify: Rate = rate(0.01, 10),
        /// Uploads.
        pub upload: Rate = rate(2.0, 60),
        /// Downloads and thumbnails.
        pub download: Rate = rate(50.0, 1_000),
        /// Previews of links.
        pub preview: Rate = rate(5.0, 100),
        /// Administration.
        pub admin: Rate = rate(50.0, 500),
    }
    check(_this, _complaints) {}
}
