//! Where the database is, and how it is opened.
use std::{fmt, path::PathBuf, str::FromStr, time::Duration};

use clock::{SharedClock, SystemClock};

/// Where the database is.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// A file, made if it does not exist.
    Sqlite(PathBuf),
    /// A PostgreSQL connection URL: `postgres://user:password@host:port/database?options`, or with a folder of unix
    /// sockets `postgres:///database?host=/run/postgresql&user=name`.
    ///
    /// `sslmode` is `disable` (the default for a loopback address or a unix socket), `require` (encrypted, the
    /// server's certificate is not verified) or `verify-full` (the default for any other address); `sslrootcert`
    /// names a file of certificates to trust in place of the system's.
    Postgres(String),
}

/// A text that names no database.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "{0:?} names no database: write sqlite:/path/to/file, postgres://user@host/database, or the path of a file"
)]
pub struct LocationError(String);

impl Location {
    /// Reads `sqlite:/path`, `/path`, or `postgres://…`.
    ///
    /// # Errors
    /// Fails if the text is none of these.
    pub fn parse(text: &str) -> Result<Self, LocationError> {
        let refuse = || Err(LocationError(text.to_owned()));
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.to_owned()));
        }
        let path = match text.split_once(':') {
            Some(("sqlite", path)) => path.strip_prefix("//").unwrap_or(path),
            Some((scheme, rest)) if is_scheme(scheme) && rest.starts_with("//") => return refuse(),
            _ => text,
        };
        if path.is_empty() || path == ":memory:" || path.contains('\0') {
            return refuse();
        }
        Ok(Self::Sqlite(path.into()))
    }
}

fn is_scheme(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

impl FromStr for Location {
    type Err = LocationError;

    fn from_str(text: &str) -> Result<Self, LocationError> {
        Self::parse(text)
    }
}

/// Without the password.
impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(url) => f.write_str(&without_secrets(url)),
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Drops the user part's password and the query, which may hold another.
fn without_secrets(url: &str) -> String {
    let url = url.split_once('?').map_or(url, |(before, _)| before);
    let Some((scheme, rest)) = url.split_once("://") else { return "postgres".to_owned() };
    let (user, address) = rest.rsplit_once('@').map_or(("", rest), |(user, rest)| (user, rest));
    let user = user.split_once(':').map_or(user, |(name, _)| name);
    let at = if user.is_empty() { "" } else { "@" };
    format!("{scheme}://{user}{at}{address}")
}

/// How the database is opened.
#[derive(Clone)]
#[non_exhaustive]
pub struct Options {
    /// Stamps the record of each migration.
    pub clock: SharedClock,
    /// How many writes may wait for the writer before [`Database::write`](crate::Database::write) itself waits.
    pub queued_writes: usize,
    /// How many writes are committed together at most.
    pub batch_writes: usize,
    /// How many connections answer queries at the same time, and as many again hold snapshots. They are opened when they
    /// are needed.
    pub readers: usize,
    /// Bytes of memory for pages, shared between the connections (SQLite).
    pub cache_bytes: usize,
    /// Bytes that have to be free on the disk at the start (SQLite).
    pub free_bytes: u64,
    /// Open a PostgreSQL database whose texts are not sorted by code point.
    pub allow_any_collation: bool,
    /// How long a write waits for a lost connection to come back (PostgreSQL).
    pub reconnect: Duration,
}

impl Default for Options {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self {
            clock: SystemClock::shared(),
            queued_writes: 4_096,
            batch_writes: 256,
            readers: (cores + 2).min(16),
            cache_bytes: 32 << 20,
            free_bytes: 64 << 20,
            allow_any_collation: false,
            reconnect: Duration::from_secs(15),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_read() {
        let sqlite = |path: &str| Ok(Location::Sqlite(path.into()));
        assert_eq!(Location::parse("sqlite:/var/lib/x.db"), sqlite("/var/lib/x.db"));
        assert_eq!(Location::parse("sqlite:///var/lib/x.db"), sqlite("/var/lib/x.db"));
        assert_eq!(Location::parse("./data/x.db"), sqlite("./data/x.db"));
        for bad in ["", "sqlite:", "sqlite::memory:", "mysql://host/x"] {
            assert!(Location::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn passwords_are_not_shown() {
        let location = Location::parse("postgres://lh:p@ss:w@db.example:5433/longhouse?password=x");
        assert_eq!(location.unwrap().to_string(), "postgres://lh@db.example:5433/longhouse");
        let location = Location::parse("postgres:///longhouse?host=/run&user=x").unwrap();
        assert_eq!(format!("{location:?}"), "postgres:///longhouse");
    }
}
