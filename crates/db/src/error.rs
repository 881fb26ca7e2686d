//! What can go wrong in the engine.
use std::{borrow::Cow, error::Error as StdError, fmt, sync::Arc};

/// The result of everything that reads.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why the engine could not do what it was asked.
///
/// It is opaque: a caller asks what it needs to know. It is cheap to clone, because one failed COMMIT answers many
/// writes.
#[derive(Clone)]
pub struct Error(Arc<Inner>);

struct Inner {
    kind: Kind,
    what: Cow<'static, str>,
    source: Option<Source>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A text that one of the engines can't hold.
    UnstorableText,
    /// A row that is not as the caller expects it.
    Decode,
    /// The tables contradict each other.
    Inconsistent,
    /// No space left for the database.
    DiskFull,
    /// The database is not reachable at the moment, or gave up for a reason that may pass.
    Transient,
    /// The connection was lost, or the disk failed, while a COMMIT was under way.
    OutcomeUnknown,
    /// The database was closed.
    Closed,
    /// Anything else that the engine answers with.
    Engine,
}

/// The database can't do anything, or store anything, at the moment, whatever it is asked: one of the sources of an
/// [`Error`].
#[derive(Debug)]
pub struct Outage {
    is_disk_full: bool,
    source: Option<Source>,
}

type Source = Box<dyn StdError + Send + Sync>;

impl Outage {
    /// The outage that `error` comes from, if it comes from one.
    #[must_use]
    pub fn behind<'e>(error: &'e (dyn StdError + 'static)) -> Option<&'e Self> {
        let mut cause = Some(error);
        while let Some(error) = cause {
            if let Some(outage) = error.downcast_ref() {
                return Some(outage);
            }
            cause = error.source();
        }
        None
    }

    /// Whether there is no space left for the database: it can be read.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        self.is_disk_full
    }
}

impl fmt::Display for Outage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_disk_full { "the disk is full" } else { "it may pass" })
    }
}

impl StdError for Outage {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

impl Error {
    pub(crate) fn new(kind: Kind, what: impl Into<Cow<'static, str>>) -> Self {
        Self::made(kind, what.into(), None)
    }

    pub(crate) fn with_source(
        kind: Kind,
        what: impl Into<Cow<'static, str>>,
        source: impl Into<Source>,
    ) -> Self {
        Self::made(kind, what.into(), Some(source.into()))
    }

    fn made(kind: Kind, what: Cow<'static, str>, source: Option<Source>) -> Self {
        let is_outage = match kind {
            Kind::DiskFull | Kind::Transient | Kind::OutcomeUnknown | Kind::Closed => true,
            Kind::UnstorableText | Kind::Decode | Kind::Inconsistent | Kind::Engine => false,
        };
        let source = if is_outage {
            let outage = Outage { is_disk_full: kind == Kind::DiskFull, source };
            Some(Box::new(outage) as Source)
        } else {
            source
        };
        Self(Arc::new(Inner { kind, what, source }))
    }

    /// A text holds U+0000, which PostgreSQL can't store: bad input, not a fault of ours.
    #[must_use]
    pub fn unstorable_text() -> Self {
        Self::new(Kind::UnstorableText, "a text with U+0000 can't be stored")
    }

    /// A column holds something other than `expected`.
    #[must_use]
    pub fn wrong_type(expected: &'static str) -> Self {
        Self::new(Kind::Decode, format!("a column does not hold {expected}"))
    }

    /// The rows found contradict what the tables promise.
    #[must_use]
    pub fn inconsistent(what: &'static str) -> Self {
        Self::new(Kind::Inconsistent, format!("the database contradicts itself: {what}"))
    }

    pub(crate) fn no_column(column: usize) -> Self {
        Self::new(Kind::Decode, format!("a row has no column {column}"))
    }

    pub(crate) fn closed() -> Self {
        Self::new(Kind::Closed, "the database is closed")
    }

    /// Whether the same may succeed a little later: the database restarts, is locked, or its disk is full.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self.0.kind, Kind::Transient | Kind::DiskFull | Kind::OutcomeUnknown)
    }

    /// Whether a write may have been stored all the same: the connection or the disk failed during the COMMIT.
    #[must_use]
    pub fn outcome_unknown(&self) -> bool {
        self.0.kind == Kind::OutcomeUnknown
    }

    /// Whether a text could not be stored because of U+0000: the client's fault.
    #[must_use]
    pub fn is_unstorable_text(&self) -> bool {
        self.0.kind == Kind::UnstorableText
    }

    /// Whether there is no space left for the database.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        self.0.kind == Kind::DiskFull
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.what)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:?})", self.0.what, self.0.kind)?;
        let mut source = self.source();
        while let Some(cause) = source {
            write!(f, ": {cause}")?;
            source = cause.source();
        }
        Ok(())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}
