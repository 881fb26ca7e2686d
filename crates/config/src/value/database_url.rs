//! Where the database is.
use std::fmt;

use crate::setting::{Input, Setting, expected, quoted, text};

/// `sqlite:PATH` (relative to the data folder) or `postgres://USER:PASSWORD@HOST:PORT/NAME`.
///
/// Shown without its password.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// Takes a URL of a known scheme.
    #[must_use]
    pub fn parse(url: &str) -> Option<Self> {
        let known = ["sqlite:", "postgres://", "postgresql://"];
        known.iter().any(|scheme| url.starts_with(scheme)).then(|| Self(url.to_owned()))
    }

    /// The whole URL with its password, for whoever connects.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The path of a `sqlite:` URL.
    #[must_use]
    pub fn sqlite_path(&self) -> Option<&str> {
        let rest = self.0.strip_prefix("sqlite:")?;
        Some(rest.strip_prefix("//").unwrap_or(rest))
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_password(&self.0))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn without_password(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    // The last `@`: a password may hold one itself.
    let rest = match rest.rsplit_once('@') {
        Some((login, host)) => match login.split_once(':') {
            Some((user, _)) => format!("{user}:[secret]@{host}"),
            None => rest.to_owned(),
        },
        None => rest.to_owned(),
    };
    let pairs = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("password="));
    let query = pairs.collect::<Vec<_>>().join("&");
    let mark = if query.is_empty() { "" } else { "?" };
    let separator = if scheme.is_empty() { "" } else { "://" };
    format!("{scheme}{separator}{rest}{mark}{query}")
}

impl Setting for DatabaseUrl {
    const KIND: &'static str = "\"sqlite:FILE\" or \"postgres://USER:PASSWORD@HOST:PORT/NAME\"";
    const SECRET: bool = true;

    fn read(input: Input<'_>) -> Result<Self, String> {
        text(input).and_then(Self::parse).ok_or_else(|| expected::<Self>(input))
    }

    fn show(&self) -> Option<String> {
        Some(quoted(&self.to_string()))
    }
}
