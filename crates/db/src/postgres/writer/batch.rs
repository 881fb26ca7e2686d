//! Committing a batch, whatever its writes come to.
use std::sync::Arc;

use tokio::time::Instant;

use super::{
    Reply,
    pipeline::{self, Attempt},
    session::Session,
};
use crate::{
    Committed, Error, Publication, Write, WriteError, position::Positions, write::OperationResult,
};

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

/// Commits the writes in as few transactions as it takes, and answers each.
pub(super) async fn commit(
    mut batch: Vec<Queued>,
    session: &mut Session,
    positions: &Arc<Positions>,
) {
    for _ in 0..TOGETHER {
        if batch.is_empty() {
            return;
        }
        match settle(&batch, session).await {
            Attempt::Committed(done) => return answer(batch, done, positions),
            Attempt::Rejected(index, error) => {
                // Without it the others may pass.
                reject(batch.remove(index), error);
            }
            Attempt::Again(error) | Attempt::Failed(error) => return fail(batch, &error),
        }
    }
    for queued in batch {
        let alone = vec![queued];
        match settle(&alone, session).await {
            Attempt::Committed(done) => answer(alone, done, positions),
            Attempt::Rejected(_, error) => alone.into_iter().for_each(|queued| {
                reject(queued, error.clone());
            }),
            Attempt::Again(error) | Attempt::Failed(error) => fail(alone, &error),
        }
    }
}

/// Tries until the server has decided: with a new connection if the old one is lost before the COMMIT.
async fn settle(batch: &[Queued], session: &mut Session) -> Attempt {
    let since = batch.first().map_or_else(Instant::now, |queued| queued.since);
    let mut tries = 0;
    loop {
        if let Err(error) = session.connect(since).await {
            return Attempt::Failed(error);
        }
        match pipeline::attempt(session, batch).await {
            Attempt::Again(error) if tries < TRIES => {
                tries += 1;
                tracing::debug!(?error, tries, "a transaction is tried again");
            }
            attempt => return attempt,
        }
    }
}

fn answer(batch: Vec<Queued>, done: Vec<(Vec<OperationResult>, i64)>, positions: &Arc<Positions>) {
    for (queued, (results, first_position)) in batch.into_iter().zip(done) {
        let taken = i64::from(queued.write.positions);
        let publication = if taken == 0 {
            Publication::none()
        } else {
            positions.committed(first_position + taken - 1)
        };
        // Whoever gave up waiting needs no answer; dropping it makes its positions visible.
        let _ = queued.reply.send(Ok(Committed { results, first_position, publication }));
    }
}

fn reject(queued: Queued, error: WriteError) {
    // Whoever gave up waiting needs no answer.
    let _ = queued.reply.send(Err(error));
}

fn fail(batch: Vec<Queued>, error: &Error) {
    tracing::error!(?error, writes = batch.len(), "a commit failed");
    for queued in batch {
        reject(queued, WriteError::Failed(error.clone()));
    }
}
