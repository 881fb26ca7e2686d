//! Running a statement.
use std::pin::pin;

use deadpool_postgres::ClientWrapper;
use futures_util::TryStreamExt as _;
use smallvec::SmallVec;
use tokio_postgres::{Statement, types::Type};

use super::bind::{Bound, declared};
use crate::{Params, Result, Row, write::OperationResult};

/// What values a query is planned for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Plan {
    /// For any values: what the server makes of the first few is kept.
    Kept,
    /// For those that it is asked with.
    ForValues,
}

/// A statement of this connection, prepared once for each combination of types.
///
/// # Errors
/// Fails if the server refuses the text.
pub(super) async fn prepare(
    client: &ClientWrapper,
    sql: &str,
    params: &Params,
) -> Result<Statement, tokio_postgres::Error> {
    let types: SmallVec<[Type; 8]> = params.iter().map(declared).collect();
    client.prepare_typed_cached(sql, &types).await
}

/// Runs a prepared statement. `first_position` is what the write's first position is.
///
/// # Errors
/// Fails if the server refuses it or is gone.
pub(super) async fn run(
    client: &ClientWrapper,
    statement: &Statement,
    params: &Params,
    first_position: i64,
) -> Result<OperationResult, tokio_postgres::Error> {
    let bound = params.iter().map(|value| Bound { value, first_position });
    let mut stream = Box::pin(client.query_raw(statement, bound).await?);
    let mut rows = Vec::new();
    while let Some(row) = stream.try_next().await? {
        rows.push(Row::from(row));
    }
    let affected = match stream.rows_affected() {
        Some(affected) if statement.columns().is_empty() => affected,
        _ => rows.len() as u64,
    };
    Ok(OperationResult { rows, affected })
}

/// Answers a query.
///
/// # Errors
/// Fails if the server refuses it or is gone.
pub(super) async fn query(
    client: &ClientWrapper,
    sql: &'static str,
    params: &Params,
    plan: Plan,
) -> Result<Vec<Row>, tokio_postgres::Error> {
    match plan {
        Plan::Kept => {
            let statement = prepare(client, sql, params).await?;
            Ok(run(client, &statement, params, 0).await?.rows)
        }
        Plan::ForValues => {
            // A statement without a name is planned each time.
            let bound =
                params.iter().map(|value| (Bound { value, first_position: 0 }, declared(value)));
            let stream = pin!(client.query_typed_raw(sql, bound).await?);
            stream.map_ok(Row::from).try_collect().await
        }
    }
}
