//! The classes and what they allow.
use std::fmt;

/// Endpoints that cost about the same, or that are abused the same way, share an allowance: a key of the configuration's
/// section `rate_limits`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RateClass {
    /// Never limited: discovery, and long polls that wait anyway.
    Unlimited,
    /// Proves who one is: a password is checked, a token is exchanged.
    Login,
    /// Makes an account, or asks whether a name is free.
    Registration,
    /// Sends an event.
    Send,
    /// Joins, invites, knocks, leaves; makes a room.
    Membership,
    /// Uploads media.
    Upload,
    /// Reads.
    Read,
    /// Changes anything else.
    Write,
}

/// How many calls are given back a second, and how many can be saved up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Allowance {
    /// Calls a second, in the long run. At least one a day.
    per_second: f64,
    /// Calls at once.
    burst: u32,
}

impl Allowance {
    /// Microseconds until one call has been given back.
    #[expect(clippy::cast_possible_truncation, reason = "clamped to a day")]
    pub(super) fn interval_us(self) -> i64 {
        (1_000_000.0 / self.per_second).clamp(1.0, 86_400_000_000.0) as i64
    }

    /// How far ahead of the long run a caller may be.
    pub(super) fn ahead_us_max(self) -> i64 {
        self.interval_us().saturating_mul(i64::from(self.burst.max(1)))
    }
}

impl RateClass {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 8] = [
        Self::Unlimited,
        Self::Login,
        Self::Registration,
        Self::Send,
        Self::Membership,
        Self::Upload,
        Self::Read,
        Self::Write,
    ];

    /// What the configuration allows; `None` for what is never limited.
    pub(super) fn allowance(self, limits: &config::RateLimits) -> Option<Allowance> {
        let rate = match self {
            Self::Unlimited => return None,
            Self::Login => limits.login,
            Self::Registration => limits.registration,
            Self::Send => limits.send,
            Self::Membership => limits.membership,
            Self::Upload => limits.upload,
            Self::Read => limits.read,
            Self::Write => limits.write,
        };
        limits.enabled.then_some(Allowance { per_second: rate.per_second, burst: rate.burst })
    }

    /// The name in the documentation and in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unlimited => "unlimited",
            Self::Login => "login",
            Self::Registration => "registration",
            Self::Send => "send",
            Self::Membership => "membership",
            Self::Upload => "upload",
            Self::Read => "read",
            Self::Write => "write",
        }
    }
}

impl fmt::Display for RateClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
