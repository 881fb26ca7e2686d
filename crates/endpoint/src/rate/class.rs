//! The classes and what they allow.
use std::fmt;

/// Endpoints that cost about the same, or that are abused the same way, share an allowance: a key of the configuration's
/// section `rate_limits`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RateClass {
    /// Never limited: discovery, and long polls that wait anyway.
    Unlimited,
    /// Reads something small.
    Read,
    /// Reads something that takes work: pages of history, members, searches.
    Search,
    /// Changes something small: account data, receipts, typing, keys.
    Write,
    /// Sends an event.
    Message,
    /// Makes a room.
    CreateRoom,
    /// Joins, knocks, leaves.
    Join,
    /// Invites.
    Invite,
    /// Proves who one is: a password is checked, a token is exchanged.
    Login,
    /// Makes an account, or asks whether a name is free.
    Register,
    /// Makes the server write to an address.
    Verify,
    /// Uploads media.
    Upload,
    /// Downloads media and thumbnails.
    Download,
    /// Makes the server ask a page on the web.
    Preview,
    /// Administrates.
    Admin,
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
    pub const ALL: [Self; 15] = [
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
        Self::Verify,
        Self::Upload,
        Self::Download,
        Self::Preview,
        Self::Admin,
    ];

    /// What the configuration allows; `None` for what is never limited.
    pub(super) fn allowance(self, limits: &config::RateLimits) -> Option<Allowance> {
        let rate = match self {
            Self::Unlimited => return None,
            Self::Read => limits.read,
            Self::Search => limits.search,
            Self::Write => limits.write,
            Self::Message => limits.message,
            Self::CreateRoom => limits.create_room,
            Self::Join => limits.join,
            Self::Invite => limits.invite,
            Self::Login => limits.login,
            Self::Register => limits.register,
            Self::Verify => limits.verify,
            Self::Upload => limits.upload,
            Self::Download => limits.download,
            Self::Preview => limits.preview,
            Self::Admin => limits.admin,
        };
        limits.enabled.then_some(Allowance { per_second: rate.per_second, burst: rate.burst })
    }

    /// Whether calls of this class change something.
    #[must_use]
    pub const fn is_of_changes(self) -> bool {
        !matches!(
            self,
            Self::Unlimited | Self::Read | Self::Search | Self::Download | Self::Preview
        )
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
            Self::Verify => "verify",
            Self::Upload => "upload",
            Self::Download => "download",
            Self::Preview => "preview",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for RateClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
