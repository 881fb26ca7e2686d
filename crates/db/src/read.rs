//! Reading.
use std::future::Future;

use crate::{Params, Result, Row};

/// Answers queries: a [`Database`](crate::Database), each query on its own, or a [`Snapshot`](crate::Snapshot).
///
/// The text is one for both engines: `$1…`, `= ANY($1)` and `<> ALL($1)` for arrays. `SUM` of a `BIGINT` is a
/// `NUMERIC` on PostgreSQL: write `CAST(SUM(x) AS BIGINT)`.
pub trait Read: Send + Sync {
    /// All rows.
    ///
    /// # Errors
    /// Fails if the database fails or refuses the statement.
    fn query(
        &self,
        sql: &'static str,
        params: Params,
    ) -> impl Future<Output = Result<Vec<Row>>> + Send;

    /// The first row, if there is one. A query that may have more rows says `LIMIT 1` itself.
    ///
    /// # Errors
    /// As [`Read::query`].
    fn query_optional(
        &self,
        sql: &'static str,
        params: Params,
    ) -> impl Future<Output = Result<Option<Row>>> + Send {
        async move { Ok(self.query(sql, params).await?.into_iter().next()) }
    }
}
