//! What has to be true before a PostgreSQL database is used.
use deadpool_postgres::ClientWrapper;

use super::failure;
use crate::{Engine, OpenError, Options, Result};

/// PostgreSQL 13.
const OLDEST: i32 = 130_000;

/// PostgreSQL 15, the first in which a database can have a collation of another provider.
const WITH_PROVIDERS: i32 = 150_000;

/// Any number, the same in every process: whoever holds it makes or migrates the tables.
pub(super) const MIGRATION_LOCK: i64 = 7_160_551_102;

/// # Errors
/// Fails if the server is too old or the database does not hold UTF-8 sorted by code point.
pub(super) async fn server(client: &ClientWrapper, options: &Options) -> Result<(), OpenError> {
    let row = client
        .query_one(
            "SELECT current_setting('server_version_num')::int4, current_setting('server_version'),
                    current_setting('server_encoding'), datcollate::text, datctype::text,
                    current_setting('synchronous_commit'), current_setting('fsync')
             FROM pg_database WHERE datname = current_database()",
            &[],
        )
        .await
        .map_err(failure::error)?;
    let text = |column: usize| row.try_get::<_, String>(column).map_err(failure::error);
    let version: i32 = row.try_get(0).map_err(failure::error)?;
    if version < OLDEST {
        return Err(OpenError::PostgresTooOld { found: text(1)? });
    }
    if text(2)? != "UTF8" {
        return Err(OpenError::Encoding { found: text(2)? });
    }
    let icu = version >= WITH_PROVIDERS && uses_icu(client).await?;
    let plain = |name: &str| matches!(name, "C" | "POSIX" | "C.UTF-8" | "C.utf8");
    if !options.allow_any_collation && (icu || !plain(&text(3)?) || !plain(&text(4)?)) {
        let provider = if icu { " of ICU" } else { "" };
        return Err(OpenError::Collation { found: format!("{}{provider}", text(3)?) });
    }
    if text(5)? == "off" || text(6)? == "off" {
        tracing::warn!(
            "PostgreSQL has synchronous_commit or fsync off: what it has acknowledged can be lost in a crash"
        );
    }
    Ok(())
}

async fn uses_icu(client: &ClientWrapper) -> Result<bool> {
    let sql = "SELECT datlocprovider = 'i' FROM pg_database WHERE datname = current_database()";
    let row = client.query_one(sql, &[]).await.map_err(failure::error)?;
    row.try_get(0).map_err(failure::error)
}

/// Makes the engine's own tables and reads the epoch and the last position.
///
/// # Errors
/// Fails if the user may not create tables.
pub(super) async fn prepare(client: &ClientWrapper) -> Result<(i64, i64)> {
    let own = format!(
        "BEGIN; SELECT pg_advisory_xact_lock({MIGRATION_LOCK}); SET LOCAL client_min_messages = warning; {};
         INSERT INTO change_stream (id, position, epoch)
         VALUES (1, 0, 1 + floor(random() * 2147483647)::bigint) ON CONFLICT DO NOTHING; COMMIT",
        crate::migration::own_tables(Engine::Postgres)
    );
    client.batch_execute(&own).await.map_err(failure::error)?;
    let row = client
        .query_one("SELECT epoch, position FROM change_stream", &[])
        .await
        .map_err(failure::error)?;
    Ok((row.try_get(0).map_err(failure::error)?, row.try_get(1).map_err(failure::error)?))
}
