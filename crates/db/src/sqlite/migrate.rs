//! Migrations on SQLite.
use clock::SharedClock;
use rusqlite::{Connection, TransactionBehavior, params};

use super::failure;
use crate::{
    Applied, Engine, MigrateError, Migration,
    migration::{self, Record},
};

/// Applies what is outstanding, each in a transaction of its own together with its record.
///
/// # Errors
/// Fails if the database is newer than the program, or refuses a statement.
pub(super) fn migrate(
    connection: &mut Connection,
    set: &[Migration],
    clock: &SharedClock,
) -> Result<Applied, MigrateError> {
    let applied = records(connection).map_err(failure::error)?;
    let before = applied.last().map_or(0, |record| record.number);
    let mut now = before;
    for migration in migration::outstanding(set, &applied)? {
        let text = migration.text(Engine::Sqlite)?;
        tracing::info!(number = migration.number, name = migration.name, "migrating the database");
        apply(connection, migration, &text, clock.now_ms()).map_err(|error| {
            let source = failure::error(error);
            MigrateError::Failed { number: migration.number, name: migration.name, source }
        })?;
        now = migration.number;
    }
    Ok(Applied { before, now })
}

fn records(connection: &Connection) -> rusqlite::Result<Vec<Record>> {
    let mut statement = connection.prepare(migration::RECORDS)?;
    let rows =
        statement.query_map([], |row| Ok(Record { number: row.get(0)?, checksum: row.get(1)? }))?;
    rows.collect()
}

fn apply(
    connection: &mut Connection,
    migration: &Migration,
    text: &str,
    now_ms: i64,
) -> rusqlite::Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    transaction.execute_batch(text)?;
    let record = crate::sql::for_sqlite(migration::RECORD);
    transaction.execute(
        &record,
        params![migration.number, migration.name, migration.checksum(), now_ms],
    )?;
    transaction.commit()
}
