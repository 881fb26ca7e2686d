//! One consistent view.
use deadpool_postgres::{Object, Pool};

use super::{
    failure,
    statement::{self, Plan},
};
use crate::{Params, Result, Row};

/// A read-only transaction that sees what was committed when it began.
pub(crate) struct PostgresSnapshot(Option<Object>);

impl PostgresSnapshot {
    /// # Errors
    /// Fails if the server is gone.
    pub(super) async fn begin(pool: &Pool) -> Result<Self> {
        // The view is taken by the first statement, not by BEGIN.
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1";
        let mut lost = 0;
        loop {
            let client = pool.get().await.map_err(failure::pool_error)?;
            match client.batch_execute(begin).await {
                Ok(()) => return Ok(Self(Some(client))),
                Err(error) => {
                    drop(Object::take(client));
                    // After a restart of the server every connection of the pool is lost.
                    if !failure::is_lost(&error) || lost > pool.status().max_size {
                        return Err(failure::error(error));
                    }
                    lost += 1;
                }
            }
        }
    }

    /// # Errors
    /// Fails if the server refuses it or is gone.
    pub(crate) async fn query(&self, sql: &'static str, params: &Params) -> Result<Vec<Row>> {
        let client = self.0.as_ref().ok_or_else(crate::Error::closed)?;
        statement::query(client, sql, params, Plan::Kept).await.map_err(failure::error)
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
