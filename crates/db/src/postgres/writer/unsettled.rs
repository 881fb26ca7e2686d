//! A transaction whose COMMIT has got no answer: PostgreSQL is asked what became of it.
use super::{batch::Queued, session::Session};
use crate::{
    Error, params,
    postgres::{
        failure,
        statement::{self, Plan},
    },
    write::OperationResult,
};

/// What became of a transaction: `committed`, `aborted` or `in progress`, and whether as many were committed as with it.
/// The second is not implied: a number that was lost in a crash is given to another transaction.
const STATUS: &str = "SELECT pg_xact_status($1::text::xid8), commits >= $2 FROM change_stream";

/// What each write of a batch came to, and its first position.
pub(super) type Done = Vec<(Vec<OperationResult>, i64)>;

/// A batch that PostgreSQL may have committed or not.
pub(super) struct Unsettled {
    pub(super) batch: Vec<Queued>,
    pub(super) commit: Commit,
}

/// A COMMIT that was sent.
pub(super) struct Commit {
    /// How it is found again.
    pub(super) mark: Mark,
    /// What its writes came to, if it is stored.
    pub(super) done: Done,
    /// Why there was no answer.
    pub(super) error: Error,
}

/// By what a transaction is found again.
#[derive(Debug)]
pub(super) struct Mark {
    /// Its number.
    pub(super) transaction: String,
    /// How many transactions of writers were committed, if it was.
    pub(super) commits: i64,
}

/// What became of it.
pub(super) enum Verdict {
    Stored(Vec<Queued>, Done),
    NotStored(Vec<Queued>),
    /// The server can't be asked, or is not through with it.
    NotKnown(Unsettled),
}

impl Unsettled {
    /// Asks the server, if it is there.
    pub(super) async fn settle(self, session: &mut Session) -> Verdict {
        let Self { batch, commit } = self;
        match status(session, &commit).await {
            Ok(Some(true)) => {
                tracing::info!(writes = batch.len(), "a commit without an answer is stored");
                Verdict::Stored(batch, commit.done)
            }
            Ok(Some(false)) => {
                tracing::info!(
                    writes = batch.len(),
                    "a commit without an answer is not stored: it is tried again"
                );
                Verdict::NotStored(batch)
            }
            Ok(None) => Verdict::NotKnown(Self { batch, commit }),
            Err(error) => {
                tracing::warn!(?error, lost = ?commit.error, "waiting for PostgreSQL, to learn what became of a commit");
                Verdict::NotKnown(Self { batch, commit })
            }
        }
    }
}

/// Whether the transaction is stored; none while the server is still at it.
async fn status(session: &mut Session, commit: &Commit) -> crate::Result<Option<bool>> {
    let client = session.connect_once().await?;
    let params = params![commit.mark.transaction.as_str(), commit.mark.commits];
    let rows = match statement::query(client, STATUS, &params, Plan::Kept).await {
        Ok(rows) => rows,
        Err(error) if error.code().is_some_and(failure::is_unknown_transaction) => {
            // Another server, which has never come so far.
            return Ok(Some(false));
        }
        Err(error) => {
            session.forget();
            return Err(failure::error(error));
        }
    };
    let row = rows.first().ok_or_else(|| Error::inconsistent("no change stream"))?;
    let reached = row.get::<bool>(1)?;
    Ok(match row.get::<Option<String>>(0)?.as_deref() {
        Some("committed") => Some(reached),
        Some("in progress") => None,
        _ => Some(false),
    })
}
