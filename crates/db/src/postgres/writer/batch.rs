//! Committing a batch, whatever its writes come to.
use std::{panic::AssertUnwindSafe, sync::Arc};

use futures_util::FutureExt as _;
use tokio::time::Instant;

use super::{
    Reply,
    pipeline::{self, Attempt},
    session::Session,
    unsettled::{Done, Unsettled},
};
use crate::{Committed, Error, Publication, Write, WriteError, error::Kind, position::Positions};

/// So many times what is left of a batch is tried again together; then each write is committed alone.
const TOGETHER: usize = 4;

/// So many times a transaction that the server gave up is tried again.
const TRIES: usize = 4;

/// A write and who waits for it.
pub(super) struct Queued {
    pub(super) write: Write,
    pub(super) reply: Reply,
    /// Since when it waits.
    pub(super) since: Instant,
}

/// Commits the writes in as few transactions as it takes, and answers each. If the server has to be asked what became of
/// some, hands them back, and those that were not begun.
pub(super) async fn commit(
    batch: Vec<Queued>,
    session: &mut Session,
    positions: &Arc<Positions>,
) -> Result<(), (Unsettled, Vec<Queued>)> {
    let mut rest = batch;
    let mut rejected = 0;
    while !rest.is_empty() {
        // One that is rejected again and again must not keep the others: they go on alone, one after the other.
        let alone = rejected >= TOGETHER;
        let mut batch = if alone { vec![rest.remove(0)] } else { std::mem::take(&mut rest) };
        match attempt(&batch, session).await {
            Attempt::Committed(done) => answer(batch, done, positions),
            Attempt::Rejected(index, error) => {
                reject(batch.remove(index), error);
                rejected += 1;
                if !alone {
                    // Without it the others may pass.
                    rest = batch;
                }
            }
            Attempt::Again(error) | Attempt::Failed(error) => fail(batch, &error),
            Attempt::Unsettled(commit) => {
                return Err((Unsettled { batch, commit }, rest));
            }
        }
    }
    Ok(())
}

/// Tries until the server has decided: with a new connection if the old one is lost before the COMMIT.
async fn attempt(batch: &[Queued], session: &mut Session) -> Attempt {
    let since = batch.first().map_or_else(Instant::now, |queued| queued.since);
    let mut tries = 0;
    loop {
        if let Err(error) = session.connect(since).await {
            return Attempt::Failed(error);
        }
        let attempt = AssertUnwindSafe(pipeline::attempt(session, batch)).catch_unwind().await;
        match attempt {
            Ok(Attempt::Again(error)) if tries < TRIES => {
                tries += 1;
                tracing::debug!(?error, tries, "a transaction is tried again");
            }
            Ok(attempt) => return attempt,
            Err(_) => {
                // Nothing can panic once the COMMIT is sent: the server rolls back what the lost connection has begun.
                session.forget();
                return Attempt::Failed(Error::new(Kind::Engine, "the database's writer panicked"));
            }
        }
    }
}

pub(super) fn answer(batch: Vec<Queued>, done: Done, positions: &Arc<Positions>) {
    let first = done.iter().map(|(_, first)| *first).find(|first| *first > 0);
    if let Some(first) = first {
        positions.catch_up(first - 1);
    }
    for (queued, (results, first_position)) in batch.into_iter().zip(done) {
        let taken = i64::from(queued.write.positions);
        let publication = if taken == 0 {
            Publication::none()
        } else {
            positions.committed(first_position + taken - 1)
        };
        // Whoever gave up waiting needs no answer: its positions become visible, and nobody is told.
        let _ = queued.reply.send(Ok(Committed { results, first_position, publication }));
    }
}

pub(super) fn reject(queued: Queued, error: WriteError) {
    // Whoever gave up waiting needs no answer.
    let _ = queued.reply.send(Err(error));
}

fn fail(batch: Vec<Queued>, error: &Error) {
    tracing::error!(?error, writes = batch.len(), "a commit failed");
    for queued in batch {
        reject(queued, WriteError::Failed(error.clone()));
    }
}
