//! What has to be true before a database file is used.
use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::failure;
use crate::{OpenError, Options, Result};

/// 3.51.3: the first release without the fault that could corrupt a file whose write-ahead log is reset while another
/// connection checkpoints.
const OLDEST: i32 = 3_051_003;

/// # Errors
/// Fails if the SQLite linked into the program is too old.
pub(super) fn version() -> Result<(), OpenError> {
    if rusqlite::version_number() < OLDEST {
        return Err(OpenError::SqliteTooOld { found: rusqlite::version().to_owned() });
    }
    Ok(())
}

/// # Errors
/// Fails if the folder does not exist or its disk is nearly full.
pub(super) fn folder(path: &Path, options: &Options) -> Result<(), OpenError> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let disk = rustix::fs::statvfs(folder)
        .map_err(|error| OpenError::Unwritable { path: folder.to_owned(), source: error.into() })?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    if free < options.free_bytes {
        return Err(OpenError::DiskNearlyFull {
            path: folder.to_owned(),
            free,
            needed: options.free_bytes,
        });
    }
    Ok(())
}

/// Makes the engine's own tables, proves that the file can be written, and reads the epoch and the last position.
///
/// # Errors
/// Fails if the file can't be written.
pub(super) fn prepare(connection: &mut Connection) -> Result<(i64, i64), OpenError> {
    let own = |connection: &mut Connection| {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(&crate::migration::own_tables(crate::Engine::Sqlite))?;
        transaction.execute(
            "INSERT INTO change_stream (id, position, epoch)
             VALUES (1, 0, 1 + (random() & 2147483647)) ON CONFLICT DO NOTHING",
            [],
        )?;
        // A row that is written again is a page that is written: a disk without space shows here.
        let found = transaction.query_row(
            "UPDATE change_stream SET position = position RETURNING epoch, position",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        transaction.commit()?;
        Ok(found)
    };
    own(connection).map_err(|error: rusqlite::Error| failure::error(error).into())
}
