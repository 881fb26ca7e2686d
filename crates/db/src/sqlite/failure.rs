//! What SQLite's errors mean for us.
use rusqlite::ErrorCode;

use crate::{Error, error::Kind};

/// An error of a statement.
pub(super) fn error(error: rusqlite::Error) -> Error {
    let (kind, what) = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => (Kind::DiskFull, "no space is left for the database"),
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            (Kind::Transient, "the database is locked")
        }
        Some(ErrorCode::SystemIoFailure) => (Kind::Engine, "the database's disk failed"),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            (Kind::Engine, "the database file is damaged")
        }
        _ => (Kind::Engine, "SQLite refused a statement"),
    };
    Error::with_source(kind, what, error)
}

/// An error of a COMMIT. When the disk fails there, the log may or may not hold the transaction.
pub(super) fn commit_error(failed: rusqlite::Error) -> Error {
    match failed.sqlite_error_code() {
        Some(ErrorCode::SystemIoFailure) => Error::with_source(
            Kind::OutcomeUnknown,
            "the database's disk failed during a commit",
            failed,
        ),
        _ => error(failed),
    }
}

/// Whether a statement failed because another row has the same key.
pub(super) fn is_unique_violation(error: &rusqlite::Error) -> bool {
    use rusqlite::ffi::{
        SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_ROWID, SQLITE_CONSTRAINT_UNIQUE,
    };
    error.sqlite_extended_error_code().is_some_and(|code| {
        [SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_ROWID, SQLITE_CONSTRAINT_UNIQUE]
            .contains(&code)
    })
}

/// Whether the fault lies with the statement alone, so that the others of its batch can go on.
pub(super) fn is_of_the_statement(error: &rusqlite::Error) -> bool {
    !matches!(
        error.sqlite_error_code(),
        Some(
            ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::OutOfMemory
                | ErrorCode::DatabaseCorrupt
                | ErrorCode::NotADatabase
                | ErrorCode::CannotOpen
                | ErrorCode::ReadOnly
                | ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
        )
    )
}
