//! The classes and what they allow.
use std::fmt;

/// Endpoints that cost about the same, or that are abused the same way, share an allowance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RateClass {
    /// Never limited: liveness, discovery, long polls that wait anyway.
    Unlimited,
    /// Reads something small.
    Read,
    /// Reads something that takes work: pages of history, members, searches.
    Search,
    /// Changes something small: account data, receipts, typing, keys.
    Write,
    /// Sends an event.
    Message,
    /// Creates a room.
    CreateRoom,
    /// Joins, knocks, leaves.
    Join,
    /// Invites.
    Invite,
    /// Proves who one is: a password is checked, a token is exchanged.
    Login,
    /// Makes an account, or asks whether a name is free.
    Register,
    /// Uploads media.
    Upload,
    /// Downloads media and thumbnails.
    Download,
    /// Administration.
    Admin,
}

/// How many calls are given back a second, and how many can be saved up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Allowance {
    /// Calls a second, in the long run. At least one a day.
    pub per_second: f64,
    /// Calls at once.
    pub burst: u32,
}

impl Allowance {
    /// Microseconds until one call has been given back.
    #[expect(clippy::cast_possible_truncation, reason = "clamped to a day")]
    pub(super) fn interval_us(self) -> i64 {
        (1_000_000.0 / self.per_second).clamp(1.0, 86_400_000_000.0) as i64
    }

    /// How far ahead of the long run a caller may be.
    pub(super) fn ahead_us_max(self) -> i64 {
        self.interval_us() * i64::from(self.burst.max(1))
    }
}

impl RateClass {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 13] = [
        Self::Unlimited,
        Self::Read,
        Self::Search,
        Self::Write,
        Self::Message,
        Self::CreateRoom,
        Self::Join,
        Self::Invite,
        Self::Login,
        Self::Register,
        Self::Upload,
        Self::Download,
        Self::Admin,
    ];

    /// What is allowed unless the configuration says otherwise: what a busy client needs, several times over.
    #[must_use]
    pub const fn allowance(self) -> Allowance {
        let (per_second, burst) = match self {
            Self::Unlimited => (1e6, u32::MAX),
            Self::Read | Self::Download => (50.0, 1_000),
            Self::Search => (10.0, 200),
            Self::Write => (20.0, 400),
            Self::Message => (10.0, 100),
            Self::CreateRoom => (0.1, 20),
            Self::Join => (0.5, 30),
            Self::Invite => (0.5, 60),
            Self::Login => (0.2, 20),
            Self::Register => (0.1, 10),
            Self::Upload => (2.0, 60),
            Self::Admin => (50.0, 500),
        };
        Allowance { per_second, burst }
    }

    /// The name in the documentation and in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unlimited => "unlimited",
            Self::Read => "read",
            Self::Search => "search",
            Self::Write => "write",
            Self::Message => "message",
            Self::CreateRoom => "create_room",
            Self::Join => "join",
            Self::Invite => "invite",
            Self::Login => "login",
            Self::Register => "register",
            Self::Upload => "upload",
            Self::Download => "download",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for RateClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
