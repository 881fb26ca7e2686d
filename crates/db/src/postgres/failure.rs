//! What PostgreSQL's errors mean for us.
use deadpool_postgres::PoolError;
use tokio_postgres::error::SqlState;

use crate::{Error, error::Kind};

/// An error of a statement.
pub(super) fn error(error: tokio_postgres::Error) -> Error {
    let (kind, what) = match error.code() {
        Some(code) if is_passing(code) => (Kind::Transient, "PostgreSQL could not do it now"),
        Some(code) if *code == SqlState::DISK_FULL => {
            (Kind::DiskFull, "no space is left for the database")
        }
        Some(_) => (Kind::Engine, "PostgreSQL refused a statement"),
        None if is_lost(&error) => (Kind::Transient, "the connection to PostgreSQL was lost"),
        None => (Kind::Engine, "PostgreSQL could not be asked"),
    };
    Error::with_source(kind, what, error)
}

/// An error of a COMMIT. When the connection is lost there, the server may or may not have done it.
pub(super) fn commit_error(failed: tokio_postgres::Error) -> Error {
    if failed.as_db_error().is_none() || failed.code().is_some_and(is_shutdown) {
        let what = "the connection to PostgreSQL was lost during a commit";
        return Error::with_source(Kind::OutcomeUnknown, what, failed);
    }
    error(failed)
}

/// No connection is to be had.
pub(super) fn pool_error(error: PoolError) -> Error {
    match error {
        PoolError::Closed => Error::closed(),
        PoolError::Backend(error) if error.as_db_error().is_some() => self::error(error),
        error => Error::with_source(Kind::Transient, "PostgreSQL can't be reached", error),
    }
}

/// Whether a statement failed because another row has the same key.
pub(super) fn is_unique_violation(error: &tokio_postgres::Error) -> bool {
    error.code().is_some_and(|code| {
        *code == SqlState::UNIQUE_VIOLATION || *code == SqlState::EXCLUSION_VIOLATION
    })
}

/// Whether the server says that it has no transaction of that number yet.
pub(super) fn is_unknown_transaction(code: &SqlState) -> bool {
    *code == SqlState::INVALID_PARAMETER_VALUE
}

/// Whether the connection is gone.
pub(super) fn is_lost(error: &tokio_postgres::Error) -> bool {
    error.is_closed()
        || error.code().is_some_and(is_shutdown)
        || std::error::Error::source(error)
            .is_some_and(<dyn std::error::Error>::is::<std::io::Error>)
}

/// Whether the same may succeed when it is tried again.
pub(super) fn is_passing(code: &SqlState) -> bool {
    is_shutdown(code)
        || [
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::LOCK_NOT_AVAILABLE,
            SqlState::TOO_MANY_CONNECTIONS,
            SqlState::OUT_OF_MEMORY,
            SqlState::READ_ONLY_SQL_TRANSACTION,
        ]
        .contains(code)
}

/// Whether the server is closing the connection, or was just started.
fn is_shutdown(code: &SqlState) -> bool {
    [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
        SqlState::CONNECTION_EXCEPTION,
        SqlState::CONNECTION_DOES_NOT_EXIST,
        SqlState::CONNECTION_FAILURE,
    ]
    .contains(code)
}
