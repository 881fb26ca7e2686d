//! How a connection is set up.
use std::{fs::OpenOptions, io, os::unix::fs::OpenOptionsExt as _, path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, config::DbConfig};

use super::failure;
use crate::{OpenError, Options, Result};

/// Statements kept prepared by a connection. There are fewer in the program.
const STATEMENTS: usize = 1_024;

/// How long a connection waits for another's lock. The write-ahead log makes that rare.
const BUSY: Duration = Duration::from_secs(5);

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Read,
    Write,
}

/// Opens and sets up a connection.
///
/// # Errors
/// Fails if the file can't be opened or is no database.
pub(super) fn open(
    path: &Path,
    purpose: Purpose,
    options: &Options,
) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if purpose == Purpose::Write {
        make_private(path)?;
    }
    let connection = Connection::open_with_flags(path, flags).map_err(failure::error)?;
    set_up(&connection, purpose, options).map_err(failure::error)?;
    if purpose == Purpose::Write {
        let mode: String = connection
            .query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))
            .map_err(failure::error)?;
        if mode != "wal" {
            return Err(OpenError::NoWal { path: path.to_owned(), mode });
        }
    }
    Ok(connection)
}

/// Makes the file, readable by its owner only, unless it exists. SQLite gives its log the same mode.
fn make_private(path: &Path) -> Result<(), OpenError> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match made {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(OpenError::Unwritable { path: path.to_owned(), source: error })
        }
        _ => Ok(()),
    }
}

fn set_up(connection: &Connection, purpose: Purpose, options: &Options) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Plans must not depend on what is bound: a statement with `LIMIT $1` would be compiled again for every value.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    // Half the memory is the writer's, which touches every page that changes; the readers share the rest: as many for
    // queries as for snapshots.
    let kibibytes = match purpose {
        Purpose::Write => options.cache_bytes / 2 / 1_024,
        Purpose::Read => options.cache_bytes / 4 / 1_024 / options.readers.max(1),
    };
    let role = match purpose {
        // Checkpoints are the writer's own work, after it has answered.
        Purpose::Write => "PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;",
        Purpose::Read => "PRAGMA query_only = ON;",
    };
    connection.execute_batch(&format!(
        "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0;
         PRAGMA trusted_schema = OFF; PRAGMA cache_size = -{kibibytes}; {role}"
    ))
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    #[test]
    fn statements_are_compiled_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        for purpose in [Purpose::Write, Purpose::Read] {
            let connection = open(&path, purpose, &Options::default()).unwrap();
            let sql = "SELECT value FROM json_each('[1, 2, 3]') WHERE value > ?1 LIMIT ?2";
            let mut statement = connection.prepare_cached(sql).unwrap();
            for limit in 1..4 {
                let count = statement.query_map([0, limit], |_| Ok(())).unwrap().count();
                assert_eq!(i32::try_from(count).unwrap(), limit);
            }
            assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
        }
    }
}
