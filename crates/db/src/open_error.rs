//! Why a database could not be opened: written for the administrator who reads it.
use std::{error::Error as StdError, path::PathBuf};

use crate::Error;

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process has the file open.
    #[error(
        "{} is in use by {process}: one process at a time may use a SQLite database", path.display()
    )]
    InUse {
        /// The database.
        path: PathBuf,
        /// Who holds it.
        process: String,
    },
    /// The SQLite linked into the program is too old.
    #[error("SQLite 3.51.3 or later is needed, this program has {found}")]
    SqliteTooOld {
        /// The version found.
        found: String,
    },
    /// The folder or a file in it can't be written.
    #[error("{} can't be written", path.display())]
    Unwritable {
        /// What can't be written.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// The disk is nearly full.
    #[error(
        "{} has {} MB of free space left, at least {} MB are needed", path.display(),
        free / 1_000_000, needed / 1_000_000
    )]
    DiskNearlyFull {
        /// The folder.
        path: PathBuf,
        /// Bytes.
        free: u64,
        /// Bytes.
        needed: u64,
    },
    /// The file system does not support SQLite's write-ahead log: usually a network share.
    #[error(
        "{} can't be used with a write-ahead log (it has mode {mode:?}): put it on a local disk", path.display()
    )]
    NoWal {
        /// The database.
        path: PathBuf,
        /// The journal mode that it has.
        mode: String,
    },
    /// The connection URL can't be understood.
    #[error("the PostgreSQL URL is not valid: {what}")]
    Url {
        /// What is wrong with it.
        what: String,
    },
    /// The certificates to trust can't be read.
    #[error("the certificates to trust for PostgreSQL can't be read: {what}")]
    Certificates {
        /// What is wrong with them.
        what: String,
    },
    /// The server can't be reached, or refuses the user.
    #[error("PostgreSQL at {server} can't be reached: {reason}")]
    Unreachable {
        /// Where it was looked for.
        server: String,
        /// What the driver or the server says, in one line.
        reason: String,
        /// What the driver says.
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The server is too old.
    #[error("PostgreSQL 13 or later is needed, this server is {found}")]
    PostgresTooOld {
        /// The version found.
        found: String,
    },
    /// The database does not hold UTF-8.
    #[error(
        "the database has the encoding {found}, it must be UTF8: create it with \
         CREATE DATABASE name ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    )]
    Encoding {
        /// The encoding found.
        found: String,
    },
    /// The database does not sort by code point.
    #[error(
        "the database has the collation {found}, it must be C, because another one changes with the operating \
         system and then breaks indexes: create it with \
         CREATE DATABASE name ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0, \
         or set allow_any_collation"
    )]
    Collation {
        /// The collation found.
        found: String,
    },
    /// The system gave no thread, or no connection.
    #[error("the database's writer can't be started")]
    Start(#[source] Box<dyn StdError + Send + Sync>),
    /// The database refused a statement.
    #[error("the database can't be used")]
    Database(#[from] Error),
}
