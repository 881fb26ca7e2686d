//! Committing a batch.
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use rusqlite::Connection;

use super::{Queued, Task};
use crate::{
    Committed, Error, OperationIndex, Publication, Result, Write, WriteError,
    error::Kind,
    params,
    position::Positions,
    sqlite::{failure, statement::Prepared},
    write::OperationResult,
};

/// Pages in the log at which it is copied into the database: 16 MiB.
const LONG_LOG: u32 = 4_096;

/// Commits batches on the one connection that writes.
pub(super) struct Committer {
    prepared: Prepared,
    /// The last position that was committed.
    position: i64,
    positions: Arc<Positions>,
    log_pages: Arc<AtomicU32>,
}

/// Why the batch can't go on.
enum Stop {
    /// The whole batch is lost.
    Batch(Error),
}

/// What a write of an open batch came to.
type Outcome = Result<(Vec<OperationResult>, i64), WriteError>;

/// # Errors
/// Fails if SQLite does.
pub(super) fn stored_position(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("SELECT position FROM change_stream", [], |row| row.get(0))
}

impl Committer {
    pub(super) fn new(
        mut connection: Connection,
        position: i64,
        positions: &Arc<Positions>,
    ) -> Self {
        let log_pages = Arc::new(AtomicU32::new(0));
        let pages = Arc::clone(&log_pages);
        let hook = move |_: &mut rusqlite::hooks::Wal, count: i32| {
            pages.store(count.unsigned_abs(), Ordering::Relaxed);
            Ok(())
        };
        if let Err(error) = connection.wal_hook(Some(hook)) {
            tracing::warn!(%error, "the length of the database's log is not known: it is emptied when idle only");
        }
        let positions = Arc::clone(positions);
        Self { prepared: Prepared::new(connection), position, positions, log_pages }
    }

    /// Commits the writes and answers them. Answers whether the connection is still good.
    pub(super) fn commit(&mut self, batch: Vec<Queued>) -> bool {
        if batch.is_empty() {
            return true;
        }
        let before = self.position;
        let done = catch_unwind(AssertUnwindSafe(|| self.transact(&batch)));
        let (error, usable) = match done {
            Ok(Ok(outcomes)) => {
                self.answer(batch, outcomes);
                return true;
            }
            Ok(Err(Stop::Batch(error))) => {
                let rolled_back = self.roll_back();
                let usable = rolled_back && !error.outcome_unknown();
                (error, usable)
            }
            // The COMMIT is the last that can panic, and it has not returned: the connection takes the transaction along.
            Err(_) => (Error::new(Kind::Engine, "the database's writer panicked"), false),
        };
        self.position = before;
        tracing::error!(?error, writes = batch.len(), "a commit failed");
        for (_, reply, _slot) in batch {
            // Whoever gave up waiting needs no answer.
            let _ = reply.send(Err(WriteError::Failed(error.clone())));
        }
        usable
    }

    /// Runs a task alone.
    pub(super) fn run(&mut self, task: Task) {
        task(&mut self.prepared.connection);
    }

    /// Copies a long log into the database, without waiting for readers.
    pub(super) fn checkpoint_if_long(&mut self) {
        if self.log_pages.load(Ordering::Relaxed) >= LONG_LOG {
            self.checkpoint("PRAGMA wal_checkpoint(PASSIVE)");
        }
    }

    /// Copies the log into the database and shortens its file to nothing, unless a reader still needs it.
    pub(super) fn empty_log(&mut self) {
        if self.log_pages.load(Ordering::Relaxed) > 0
            && self.checkpoint("PRAGMA wal_checkpoint(TRUNCATE)")
        {
            self.log_pages.store(0, Ordering::Relaxed);
        }
    }

    /// Whether all of the log was copied.
    fn checkpoint(&self, pragma: &str) -> bool {
        let done = self.prepared.connection.query_row(pragma, [], |row| row.get::<_, i64>(0));
        match done {
            Ok(busy) => busy == 0,
            Err(error) => {
                tracing::warn!(%error, "the database's log could not be emptied");
                false
            }
        }
    }

    fn transact(&mut self, batch: &[Queued]) -> Result<Vec<Outcome>, Stop> {
        self.statement("BEGIN IMMEDIATE")?;
        let before = self.position;
        let mut outcomes = Vec::with_capacity(batch.len());
        if let [(write, ..)] = batch {
            let outcome = self.run_write(write)?;
            if outcome.is_err() {
                self.roll_back();
                return Ok(vec![outcome]);
            }
            outcomes.push(outcome);
        } else {
            for (write, ..) in batch {
                outcomes.push(self.run_beside_others(write)?);
            }
        }
        if self.position != before {
            let sql = "UPDATE change_stream SET position = $1";
            let stored = self.prepared.run(sql, &params![self.position], 0);
            stored.map_err(|error| Stop::Batch(failure::error(error)))?;
        }
        match self.prepared.connection.prepare_cached("COMMIT").and_then(|mut s| s.raw_execute()) {
            Ok(_) => Ok(outcomes),
            Err(error) => Err(Stop::Batch(failure::commit_error(error))),
        }
    }

    /// Runs a write so that it can be undone without the others of its batch.
    fn run_beside_others(&mut self, write: &Write) -> Result<Outcome, Stop> {
        self.statement("SAVEPOINT one")?;
        let outcome = self.run_write(write)?;
        if outcome.is_err() {
            self.statement("ROLLBACK TO one")?;
        }
        self.statement("RELEASE one")?;
        Ok(outcome)
    }

    /// Runs the statements of a write. Its positions are taken only if all of them pass.
    fn run_write(&mut self, write: &Write) -> Result<Outcome, Stop> {
        let first = self.position + 1;
        let mut results = Vec::with_capacity(write.operations.len());
        for (index, operation) in write.operations.iter().enumerate() {
            let conflict =
                |reason| Ok(Err(WriteError::Conflict { operation: OperationIndex(index), reason }));
            let result = match self.prepared.run(operation.sql, &operation.params, first) {
                Ok(result) => result,
                Err(error) if failure::is_unique_violation(&error) => {
                    return conflict(failure::error(error));
                }
                Err(error) if failure::is_of_the_statement(&error) => {
                    return Ok(Err(WriteError::Failed(failure::error(error))));
                }
                Err(error) => return Err(Stop::Batch(failure::error(error))),
            };
            if let Some(reason) = operation.unmet(result.affected) {
                return conflict(reason);
            }
            results.push(result);
        }
        self.position += i64::from(write.positions);
        let first = if write.positions == 0 { 0 } else { first };
        Ok(Ok((results, first)))
    }

    fn statement(&self, sql: &str) -> Result<(), Stop> {
        let ran = self.prepared.connection.prepare_cached(sql).and_then(|mut s| s.raw_execute());
        ran.map(drop).map_err(|error| Stop::Batch(failure::error(error)))
    }

    /// Whether no transaction is open any more.
    fn roll_back(&self) -> bool {
        // Some errors have rolled back already.
        let connection = &self.prepared.connection;
        connection.is_autocommit() || connection.execute_batch("ROLLBACK").is_ok()
    }

    fn answer(&self, batch: Vec<Queued>, outcomes: Vec<Outcome>) {
        for ((write, reply, _slot), outcome) in batch.into_iter().zip(outcomes) {
            let answer = outcome.map(|(results, first_position)| {
                let publication = if write.positions == 0 {
                    Publication::none()
                } else {
                    self.positions.committed(first_position + i64::from(write.positions) - 1)
                };
                Committed { results, first_position, publication }
            });
            // Whoever gave up waiting needs no answer: its positions become visible, and nobody is told.
            let _ = reply.send(answer);
        }
    }
}

impl crate::write::Operation {
    /// Why the rows it changed are not as many as it expects.
    pub(crate) fn unmet(&self, affected: u64) -> Option<Error> {
        let expected = self.expected.filter(|expected| *expected != affected)?;
        let what = format!("{affected} rows where {expected} were expected: {}", self.sql);
        Some(Error::new(Kind::Engine, what))
    }
}
