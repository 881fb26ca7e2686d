//! One consistent view.
use deadpool_postgres::{Object, Pool};

use super::{failure, statement};
use crate::{Params, Result, Row};

/// A read-only transaction that sees what was committed when it began.
pub(crate) struct PostgresSnapshot(Option<Object>);

impl PostgresSnapshot {
    /// # Errors
    /// Fails if the server is gone.
    pub(super) async fn begin(pool: &Pool) -> Result<Self> {
        let snapshot = Self(Some(pool.get().await.map_err(failure::pool_error)?));
        // The view is taken by the first statement, not by BEGIN.
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1";
        if let Some(client) = &snapshot.0 {
            client.batch_execute(begin).await.map_err(failure::error)?;
        }
        Ok(snapshot)
    }

    /// # Errors
    /// Fails if the server refuses it or is gone.
    pub(crate) async fn query(&self, sql: &'static str, params: &Params) -> Result<Vec<Row>> {
        let client = self.0.as_ref().ok_or_else(crate::Error::closed)?;
        statement::query(client, sql, params).await
    }
}

impl Drop for PostgresSnapshot {
    fn drop(&mut self) {
        let Some(client) = self.0.take() else { return };
        let Ok(runtime) = tokio::runtime::Handle::try_current() else {
            // Nobody could end the transaction: the connection is closed instead of reused.
            drop(Object::take(client));
            return;
        };
        runtime.spawn(async move {
            if client.batch_execute("COMMIT").await.is_err() {
                drop(Object::take(client));
            }
        });
    }
}
