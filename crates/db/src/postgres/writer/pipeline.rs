//! One transaction, its statements sent without waiting for each other.
use deadpool_postgres::ClientWrapper;
use futures_util::future::join_all;
use tokio_postgres::Statement;

use super::{
    batch::Queued,
    session::Session,
    unsettled::{Commit, Done, Mark},
};
use crate::{
    Error, OperationIndex, Params, Result, Row, WriteError,
    error::Kind,
    params,
    postgres::{failure, statement},
    write::OperationResult,
};

/// Only if nobody else has taken positions: then the statements behind it need not wait for its answer.
const ADVANCE_KNOWN: &str = "UPDATE change_stream SET position = position + $1, commits = commits + 1 \
     WHERE id = 1 AND position = $2 RETURNING pg_current_xact_id()::text, commits";

const ADVANCE: &str = "UPDATE change_stream SET position = position + $1, commits = commits + 1 \
     WHERE id = 1 RETURNING pg_current_xact_id()::text, commits, position";

/// For writes that take no position.
const COUNT: &str = "UPDATE change_stream SET commits = commits + 1 \
     WHERE id = 1 RETURNING pg_current_xact_id()::text, commits";

/// What came of a transaction.
pub(super) enum Attempt {
    /// It is durable. The results of each write, and its first position.
    Committed(Done),
    /// Nothing is stored, because of the write with this index.
    Rejected(usize, WriteError),
    /// Nothing is stored: another node has taken positions, or the server gave up. Try again.
    Again(Error),
    /// Nothing is stored, and to try again would not help.
    Failed(Error),
    /// The connection was lost during the COMMIT: the server has to be asked what became of it.
    Unsettled(Commit),
}

/// The statements of a transaction did what they should.
struct Ready {
    results: Vec<Vec<OperationResult>>,
    mark: Mark,
}

/// A statement, made ready.
struct Step<'a> {
    statement: Statement,
    params: &'a Params,
    first_position: i64,
    /// Which write and which of its operations it is; none for our own.
    of: Option<(usize, usize)>,
}

/// Runs the writes in one transaction.
pub(super) async fn attempt(session: &mut Session, writes: &[Queued]) -> Attempt {
    match transact(session, writes).await {
        Ok(done) => done,
        Err(failed) => {
            // Lost, or left in the middle of a transaction: either way it can't be used again.
            session.forget();
            Attempt::Again(failure::error(failed))
        }
    }
}

async fn transact(
    session: &mut Session,
    writes: &[Queued],
) -> Result<Attempt, tokio_postgres::Error> {
    let taken: i64 = writes.iter().map(|queued| i64::from(queued.write.positions)).sum();
    let Ok(client) = session.client() else {
        return Ok(Attempt::Again(Error::new(Kind::Transient, "there is no connection")));
    };
    let mut prepared = match prepare(client, writes).await? {
        Ok(prepared) => prepared,
        Err((index, error)) => return Ok(Attempt::Rejected(index, error)),
    };
    let none = Params::new();
    let begin = own(client, "BEGIN", &none).await?;
    let mut steps = Vec::with_capacity(prepared.len() + 2);
    let known = match session.position {
        _ if taken == 0 => Some((COUNT, Params::new(), 0)),
        Some(known) => Some((ADVANCE_KNOWN, params![taken, known], known + taken)),
        None => None,
    };
    let (mark, last) = if let Some((sql, params, last)) = &known {
        steps.push(begin);
        steps.push(own(client, sql, params).await?);
        (None, *last)
    } else {
        statement::run(client, &begin.statement, &none, 0).await?;
        let (mark, last) = advance(client, taken).await?;
        (Some(mark), last)
    };
    place(&mut prepared, writes, last - taken);
    steps.extend(prepared);
    let results = join_all(
        steps
            .iter()
            .map(|step| statement::run(client, &step.statement, step.params, step.first_position)),
    )
    .await;
    let verdict = judge(&steps, results, mark, writes)?;
    finish(session, verdict, writes, last, taken).await
}

/// Ends the transaction as it deserves.
async fn finish(
    session: &mut Session,
    verdict: Result<Ready, Attempt>,
    writes: &[Queued],
    last: i64,
    taken: i64,
) -> Result<Attempt, tokio_postgres::Error> {
    let Ok(client) = session.client() else {
        return Ok(Attempt::Again(Error::new(Kind::Transient, "there is no connection")));
    };
    let Ready { results, mark } = match verdict {
        Ok(ready) => ready,
        Err(attempt) => {
            client.batch_execute("ROLLBACK").await?;
            if matches!(attempt, Attempt::Again(_)) {
                session.position = None;
            }
            return Ok(attempt);
        }
    };
    let committed = client.batch_execute("COMMIT").await;
    let mut next = last - taken + 1;
    let firsts = writes.iter().map(|queued| {
        let first = if queued.write.positions == 0 { 0 } else { next };
        next += i64::from(queued.write.positions);
        first
    });
    let done: Done = results.into_iter().zip(firsts.collect::<Vec<_>>()).collect();
    if let Err(error) = committed {
        session.forget();
        let error = failure::commit_error(error);
        return Ok(if error.outcome_unknown() {
            Attempt::Unsettled(Commit { mark, done, error })
        } else {
            Attempt::Failed(error)
        });
    }
    if taken > 0 {
        session.position = Some(last);
    }
    Ok(Attempt::Committed(done))
}

/// Prepares the statements of all writes, most of which this connection has prepared before.
async fn prepare<'a>(
    client: &ClientWrapper,
    writes: &'a [Queued],
) -> Result<Result<Vec<Step<'a>>, (usize, WriteError)>, tokio_postgres::Error> {
    let mut steps = Vec::new();
    for (index, queued) in writes.iter().enumerate() {
        for (at, operation) in queued.write.operations.iter().enumerate() {
            match statement::prepare(client, operation.sql, &operation.params).await {
                Ok(statement) => steps.push(Step {
                    statement,
                    params: &operation.params,
                    first_position: 0,
                    of: Some((index, at)),
                }),
                Err(error) if failure::is_lost(&error) => return Err(error),
                Err(error) => {
                    return Ok(Err((index, WriteError::Failed(failure::error(error)))));
                }
            }
        }
    }
    Ok(Ok(steps))
}

/// Gives every write its positions, behind those that were taken `before`.
fn place(steps: &mut [Step<'_>], writes: &[Queued], before: i64) {
    let mut firsts = Vec::with_capacity(writes.len());
    let mut next = before + 1;
    for queued in writes {
        firsts.push(next);
        next += i64::from(queued.write.positions);
    }
    for step in steps {
        let first = step.of.and_then(|(index, _)| firsts.get(index));
        step.first_position = first.copied().unwrap_or_default();
    }
}

async fn own<'a>(
    client: &ClientWrapper,
    sql: &str,
    params: &'a Params,
) -> Result<Step<'a>, tokio_postgres::Error> {
    let statement = statement::prepare(client, sql, params).await?;
    Ok(Step { statement, params, first_position: 0, of: None })
}

/// Takes the positions and answers the last of them.
async fn advance(client: &ClientWrapper, taken: i64) -> Result<(Mark, i64), tokio_postgres::Error> {
    let params = params![taken];
    let step = own(client, ADVANCE, &params).await?;
    let row = client.query_one(&step.statement, &[&taken]).await?;
    let mark = Mark { transaction: row.try_get(0)?, commits: row.try_get(1)? };
    Ok((mark, row.try_get(2)?))
}

/// The results of each write, or the first thing that went wrong. `mark` is that of the transaction, unless it is among
/// the results.
///
/// Errors behind the first one say only that the transaction had failed.
fn judge(
    steps: &[Step<'_>],
    results: Vec<Result<OperationResult, tokio_postgres::Error>>,
    mut mark: Option<Mark>,
    writes: &[Queued],
) -> Result<Result<Ready, Attempt>, tokio_postgres::Error> {
    let mut of_writes: Vec<Vec<OperationResult>> =
        writes.iter().map(|queued| Vec::with_capacity(queued.write.operations.len())).collect();
    for (step, result) in steps.iter().zip(results) {
        let Some((index, operation)) = step.of else {
            let result = match result {
                Err(error)
                    if error.code().is_some_and(failure::is_passing)
                        && !failure::is_lost(&error) =>
                {
                    return Ok(Err(Attempt::Again(failure::error(error))));
                }
                result => result?,
            };
            mark = result.rows.first().map(read_mark).or(mark);
            continue;
        };
        if mark.is_none() {
            // Its own statement stands before all of theirs, and found no row.
            let other = Error::new(Kind::Transient, "another node took positions");
            return Ok(Err(Attempt::Again(other)));
        }
        match check(writes, index, operation, result)? {
            Ok(result) => of_writes.get_mut(index).map(|results| results.push(result)),
            Err(attempt) => return Ok(Err(attempt)),
        };
    }
    Ok(match mark {
        Some(mark) => Ok(Ready { results: of_writes, mark }),
        None => Err(Attempt::Again(Error::new(Kind::Transient, "another node took positions"))),
    })
}

/// Of a row of [`ADVANCE_KNOWN`] or [`COUNT`].
fn read_mark(row: &Row) -> Mark {
    let transaction = row.get(0).unwrap_or_default();
    Mark { transaction, commits: row.get(1).unwrap_or(i64::MAX) }
}

/// Whether a statement did what its write expects.
fn check(
    writes: &[Queued],
    index: usize,
    operation: usize,
    result: Result<OperationResult, tokio_postgres::Error>,
) -> Result<Result<OperationResult, Attempt>, tokio_postgres::Error> {
    let conflict = |reason| {
        let operation = OperationIndex(operation);
        Ok(Err(Attempt::Rejected(index, WriteError::Conflict { operation, reason })))
    };
    match result {
        Ok(result) => {
            let of = writes.get(index).and_then(|queued| queued.write.operations.get(operation));
            match of.and_then(|operation| operation.unmet(result.affected)) {
                Some(reason) => conflict(reason),
                None => Ok(Ok(result)),
            }
        }
        Err(error) if failure::is_lost(&error) => Err(error),
        Err(error) if failure::is_unique_violation(&error) => conflict(failure::error(error)),
        Err(error) if error.code().is_some_and(failure::is_passing) => {
            Ok(Err(Attempt::Again(failure::error(error))))
        }
        Err(error) => Ok(Err(Attempt::Rejected(index, WriteError::Failed(failure::error(error))))),
    }
}
