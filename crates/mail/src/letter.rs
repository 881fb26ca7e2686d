//! What is written to people, before it has its words.
use minijinja::Value;

use crate::Digest;

/// What a mail is about. Each kind has its templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Somebody who makes an account is to prove that the address is theirs.
    Register,
    /// A user who adds the address to their account is to prove that it is theirs.
    AddAddress,
    /// A user has forgotten their password.
    ResetPassword,
    /// Somebody wants to use an address that belongs to an account already.
    AddressInUse,
    /// An account ends soon, or has ended.
    Renewal,
    /// Something has notified a user, and they have not read it.
    Notifications,
    /// An administrator tries whether mail arrives.
    Test,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 7] = [
        Self::Register,
        Self::AddAddress,
        Self::ResetPassword,
        Self::AddressInUse,
        Self::Renewal,
        Self::Notifications,
        Self::Test,
    ];

    /// How the names of its templates begin.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Register => "register",
            Self::AddAddress => "add_address",
            Self::ResetPassword => "reset_password",
            Self::AddressInUse => "address_in_use",
            Self::Renewal => "renewal",
            Self::Notifications => "notifications",
            Self::Test => "test",
        }
    }

    /// Values as they may be, by which templates are checked at the start.
    pub(crate) fn sample(self) -> Letter {
        let letter = Letter::new(self);
        match self {
            Self::Register | Self::AddAddress => letter
                .with("link", "https://example.org/verify?sid=a&token=b")
                .with("lifetime", "1 hour"),
            Self::ResetPassword => letter
                .with("link", "https://example.org/verify?sid=a&token=b")
                .with("lifetime", "1 hour")
                .with("user_id", "@alice:example.org"),
            Self::AddressInUse => letter.with("user_id", "@alice:example.org"),
            Self::Renewal => letter
                .with("link", "https://example.org/renew?token=b")
                .with("remaining", "7 days")
                .with("user_id", "@alice:example.org"),
            Self::Notifications => Digest::sample().letter(),
            Self::Test => letter,
        }
    }
}

/// A mail to be written. Beside its own values every template knows `app_name`, `server_name` and `address`.
#[derive(Clone, Debug)]
pub struct Letter {
    pub(crate) kind: Kind,
    pub(crate) values: Vec<(&'static str, Value)>,
    pub(crate) unsubscribe_link: Option<String>,
}

impl Letter {
    /// A letter without values of its own.
    #[must_use]
    pub const fn new(kind: Kind) -> Self {
        Self { kind, values: Vec::new(), unsubscribe_link: None }
    }

    /// Adds a value.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.values.push((name, value.into()));
        self
    }

    /// Says where whoever has the mail gets no more of its kind, to programs too: by a `POST` without a login (RFC 8058).
    #[must_use]
    pub fn unsubscribed_at(mut self, link: String) -> Self {
        self.unsubscribe_link = Some(link);
        self
    }

    /// What it is about.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        self.kind
    }
}

/// A span of time as people say it: `30 minutes`, `1 hour`, `2 days`. What is less than a minute counts as one.
#[must_use]
pub fn in_words(ms: i64) -> String {
    let minutes = (ms / 60_000).max(1);
    let (count, unit) = match minutes {
        minutes if minutes % 1_440 == 0 => (minutes / 1_440, "day"),
        minutes if minutes % 60 == 0 => (minutes / 60, "hour"),
        minutes => (minutes, "minute"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::in_words;

    #[test]
    fn times_are_said_in_whole_units() {
        for (ms, words) in [
            (0, "1 minute"),
            (60_000, "1 minute"),
            (90 * 60_000, "90 minutes"),
            (3_600_000, "1 hour"),
            (7_200_000, "2 hours"),
            (86_400_000, "1 day"),
            (30 * 86_400_000, "30 days"),
        ] {
            assert_eq!(in_words(ms), words);
        }
    }
}
