//! `[rate_limits]`
use crate::{section::section, value::Rate};

const fn rate(per_second: f64, burst: u32) -> Rate {
    Rate { per_second, burst }
}

section! {
    /// How often one user or one address may do something. Each is a bucket: so many requests a
    /// second on average, and so many at once.
    pub struct RateLimits in "rate_limits" {
        /// Turns all limits off, for load tests.
        pub enabled: bool = true,
        /// Logins and other checks of a password or token, by address and by account.
        pub login: Rate = rate(0.5, 20),
        /// Registrations, by address.
        pub registration: Rate = rate(0.2, 10),
        /// Messages and other events, by user.
        pub send: Rate = rate(10.0, 100),
        /// Joins, invites, knocks and new rooms, by user.
        pub membership: Rate = rate(2.0, 40),
        /// Uploads, by user.
        pub upload: Rate = rate(2.0, 50),
        /// Everything that reads, by user or address.
        pub read: Rate = rate(50.0, 500),
        /// Everything else that writes, by user.
        pub write: Rate = rate(20.0, 200),
    }
    check(_this, _complaints) {}
}
