//! Migrations on PostgreSQL.
use clock::SharedClock;
use deadpool_postgres::ClientWrapper;

use super::{checks::MIGRATION_LOCK, failure};
use crate::{
    Applied, Engine, MigrateError, Migration, Result,
    migration::{self, Record},
};

/// Applies what is outstanding, each in a transaction of its own together with its record. Processes that start at the
/// same time do it one after the other.
///
/// # Errors
/// Fails if the database is newer than the program, or refuses a statement.
pub(super) async fn migrate(
    client: &mut ClientWrapper,
    set: &[Migration],
    clock: &SharedClock,
) -> Result<Applied, MigrateError> {
    let lock = "SELECT pg_advisory_lock($1)";
    client.execute(lock, &[&MIGRATION_LOCK]).await.map_err(failure::error)?;
    let done = migrate_alone(client, set, clock).await;
    let unlock = "SELECT pg_advisory_unlock($1)";
    client.execute(unlock, &[&MIGRATION_LOCK]).await.map_err(failure::error)?;
    done
}

async fn migrate_alone(
    client: &mut ClientWrapper,
    set: &[Migration],
    clock: &SharedClock,
) -> Result<Applied, MigrateError> {
    let applied = records(client).await.map_err(failure::error)?;
    let before = applied.last().map_or(0, |record| record.number);
    let mut now = before;
    for migration in migration::outstanding(set, &applied)? {
        let text = migration.text(Engine::Postgres)?;
        tracing::info!(number = migration.number, name = migration.name, "migrating the database");
        apply(client, migration, &text, clock.now_ms()).await.map_err(|error| {
            let source = failure::error(error);
            MigrateError::Failed { number: migration.number, name: migration.name, source }
        })?;
        now = migration.number;
    }
    Ok(Applied { before, now })
}

async fn records(client: &ClientWrapper) -> Result<Vec<Record>, tokio_postgres::Error> {
    let rows = client.query(migration::RECORDS, &[]).await?;
    let record = |row: tokio_postgres::Row| {
        let number: i64 = row.try_get(0)?;
        // A number that is none of ours is as foreign as one that is too high.
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        Ok(Record { number, checksum: row.try_get(1)? })
    };
    rows.into_iter().map(record).collect()
}

async fn apply(
    client: &mut ClientWrapper,
    migration: &Migration,
    text: &str,
    now_ms: i64,
) -> Result<(), tokio_postgres::Error> {
    let transaction = client.transaction().await?;
    transaction.batch_execute(text).await?;
    let (number, checksum) = (i64::from(migration.number), migration.checksum());
    transaction.execute(migration::RECORD, &[&number, &migration.name, &checksum, &now_ms]).await?;
    transaction.commit().await
}
