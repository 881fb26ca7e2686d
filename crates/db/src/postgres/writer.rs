//! The one task that writes.
//!
//! It takes what is queued, commits it in one transaction, and answers everybody.
mod batch;
mod pipeline;
mod session;

use std::{panic::AssertUnwindSafe, sync::Arc};

use deadpool_postgres::Pool;
use futures_util::FutureExt as _;
use parking_lot::Mutex;
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::Instant,
};

use self::{batch::Queued, session::Session};
use crate::{
    Committed, Error, Options, Result, Write, WriteError, error::Kind, position::Positions,
};

pub(super) type Reply = oneshot::Sender<Result<Committed, WriteError>>;

/// What the writer is asked to do.
enum Job {
    Write(Queued),
    #[cfg(feature = "testing")]
    Panic,
}

/// The handle of the writer's task. When it is dropped, the task ends after what is queued.
pub(super) struct Writer {
    jobs: Mutex<Option<mpsc::Sender<Job>>>,
    task: Mutex<Option<JoinHandle<()>>>,
}

/// The answer to a write that was lost with the writer.
fn died() -> Error {
    // Its transaction may have been committed before the panic.
    Error::new(Kind::OutcomeUnknown, "the database's writer failed and was started again")
}

impl Writer {
    pub(super) fn start(
        pool: Pool,
        position: i64,
        positions: &Arc<Positions>,
        options: &Options,
    ) -> Self {
        let (jobs, queue) = mpsc::channel(options.queued_writes.max(1));
        let session = Session::new(pool, position, options.reconnect);
        let most = options.batch_writes;
        let task = tokio::spawn(run(queue, session, Arc::clone(positions), most));
        Self { jobs: Mutex::new(Some(jobs)), task: Mutex::new(Some(task)) }
    }

    /// # Errors
    /// Fails if the write is not stored, or its outcome is not known.
    pub(super) async fn write(&self, write: Write) -> Result<Committed, WriteError> {
        let (reply, answer) = oneshot::channel();
        self.send(Job::Write(Queued { write, reply, since: Instant::now() })).await?;
        // The writer answers every job or panics: then the reply is dropped unsent.
        answer.await.unwrap_or_else(|_| Err(died().into()))
    }

    #[cfg(feature = "testing")]
    pub(super) async fn break_it(&self) -> Result<()> {
        self.send(Job::Panic).await
    }

    /// Takes no more writes and waits for those that are queued.
    pub(super) async fn close(&self) {
        self.jobs.lock().take();
        let task = self.task.lock().take();
        if let Some(task) = task {
            // A panic of the task has been logged; there is nobody left to tell.
            let _ = task.await;
        }
    }

    async fn send(&self, job: Job) -> Result<()> {
        let jobs = self.jobs.lock().clone().ok_or_else(Error::closed)?;
        jobs.send(job).await.map_err(|_| Error::closed())
    }
}

/// Runs until the queue is closed and empty.
async fn run(
    mut queue: mpsc::Receiver<Job>,
    mut session: Session,
    positions: Arc<Positions>,
    most: usize,
) {
    let mut jobs = Vec::with_capacity(most);
    while queue.recv_many(&mut jobs, most).await > 0 {
        let work = work(&mut jobs, &mut session, &positions);
        if AssertUnwindSafe(work).catch_unwind().await.is_err() {
            tracing::error!("the database's writer panicked; it goes on with a new connection");
            // The replies that are dropped with the jobs answer them.
            jobs.clear();
            session.forget();
        }
    }
}

async fn work(jobs: &mut Vec<Job>, session: &mut Session, positions: &Arc<Positions>) {
    let mut batch = Vec::with_capacity(jobs.len());
    for job in jobs.drain(..) {
        match job {
            Job::Write(queued) => batch.push(queued),
            #[cfg(feature = "testing")]
            Job::Panic => std::panic::panic_any("a test broke the writer"),
        }
    }
    batch::commit(batch, session, positions).await;
}
