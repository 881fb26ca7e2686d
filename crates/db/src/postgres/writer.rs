//! The one task that writes.
//!
//! It takes what is queued, commits it in one transaction, and answers everybody.
//!
//! Invariant: a batch whose COMMIT has got no answer is settled before anything else is committed. PostgreSQL knows what
//! became of it, so its writes are answered with what is true, and late rather than wrong.
mod batch;
mod pipeline;
mod session;
mod unsettled;

use std::{collections::VecDeque, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use deadpool_postgres::Pool;
use futures_util::FutureExt as _;
use parking_lot::Mutex;
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::{Instant, timeout},
};

use self::{
    batch::Queued,
    session::Session,
    unsettled::{Unsettled, Verdict},
};
use crate::{
    Committed, Error, Options, Result, Write, WriteError, error::Kind, position::Positions,
};

/// How long to wait before an unsettled batch is asked for again.
const ASK_AGAIN: Duration = Duration::from_millis(200);

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
    Error::new(
        Kind::OutcomeUnknown,
        "the database's writer ended before it knew what became of the write",
    )
}

impl Writer {
    pub(super) fn start(
        pool: Pool,
        position: i64,
        positions: &Arc<Positions>,
        options: &Options,
    ) -> Self {
        let (jobs, queue) = mpsc::channel(options.queued_writes.max(1));
        let working = Working {
            session: Session::new(pool, position, options.reconnect),
            positions: Arc::clone(positions),
            waiting: VecDeque::new(),
            unsettled: None,
            asked: Instant::now(),
            patience: options.reconnect,
            most: options.batch_writes.max(1),
        };
        let task = tokio::spawn(working.run(queue));
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

    /// Those that were not taken yet.
    pub(super) fn queued(&self) -> usize {
        let jobs = self.jobs.lock();
        jobs.as_ref().map_or(0, |jobs| jobs.max_capacity().saturating_sub(jobs.capacity()))
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

/// What the task works with.
struct Working {
    session: Session,
    positions: Arc<Positions>,
    /// Taken from the queue, not yet begun.
    waiting: VecDeque<Job>,
    /// A batch that PostgreSQL may have committed or not.
    unsettled: Option<Unsettled>,
    /// When the server was last asked for it.
    asked: Instant,
    /// How long a write waits for the server.
    patience: Duration,
    /// How many writes are committed together at most.
    most: usize,
}

impl Working {
    /// Runs until the queue is closed and empty.
    async fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        while self.take(&mut queue).await {
            if AssertUnwindSafe(self.work()).catch_unwind().await.is_err() {
                tracing::error!("the database's writer panicked; it goes on with a new connection");
                self.session.forget();
            }
        }
        // Whoever waits for an unsettled batch is answered by the drop of the reply: nobody knows.
    }

    /// Waits for something to do. Answers whether there is, or can be.
    async fn take(&mut self, queue: &mut mpsc::Receiver<Job>) -> bool {
        if self.unsettled.is_none() && !self.waiting.is_empty() {
            return true;
        }
        let mut jobs = Vec::with_capacity(self.most);
        let taken = queue.recv_many(&mut jobs, self.most);
        let open = if self.unsettled.is_some() {
            // To be asked for again, whether or not anybody writes. When the database is closed nobody asks any more.
            timeout(ASK_AGAIN, taken).await.map_or(true, |count| count > 0)
        } else {
            taken.await > 0
        };
        self.waiting.extend(jobs);
        open
    }

    async fn work(&mut self) {
        self.settle().await;
        if self.unsettled.is_some() {
            return self.refuse_impatient();
        }
        while !self.waiting.is_empty() {
            let batch = self.next_batch();
            let done = batch::commit(batch, &mut self.session, &self.positions).await;
            if let Err((unsettled, rest)) = done {
                self.put_back(rest);
                self.unsettled = Some(unsettled);
                break;
            }
        }
    }

    /// Asks what became of an unsettled batch, not too often.
    async fn settle(&mut self) {
        if self.asked.elapsed() < ASK_AGAIN {
            return;
        }
        let Some(unsettled) = self.unsettled.take() else { return };
        match unsettled.settle(&mut self.session).await {
            Verdict::Stored(batch, done) => batch::answer(batch, done, &self.positions),
            Verdict::NotStored(batch) => self.put_back(batch),
            Verdict::NotKnown(unsettled) => self.unsettled = Some(unsettled),
        }
        self.asked = Instant::now();
    }

    /// In front: they have waited for longest.
    fn put_back(&mut self, batch: Vec<Queued>) {
        batch.into_iter().rev().for_each(|queued| self.waiting.push_front(Job::Write(queued)));
    }

    fn next_batch(&mut self) -> Vec<Queued> {
        let mut batch = Vec::with_capacity(self.waiting.len().min(self.most));
        while batch.len() < self.most {
            match self.waiting.pop_front() {
                Some(Job::Write(queued)) => batch.push(queued),
                #[cfg(feature = "testing")]
                Some(Job::Panic) if batch.is_empty() => {
                    std::panic::panic_any("a test broke the writer")
                }
                #[cfg(feature = "testing")]
                Some(Job::Panic) => {
                    self.waiting.push_front(Job::Panic);
                    break;
                }
                None => break,
            }
        }
        batch
    }

    /// Fails the writes that have waited for as long as they may.
    fn refuse_impatient(&mut self) {
        let error = Error::new(Kind::Transient, "PostgreSQL can't be reached");
        let patience = self.patience;
        for job in std::mem::take(&mut self.waiting) {
            match job {
                Job::Write(queued) if queued.since.elapsed() > patience => {
                    batch::reject(queued, WriteError::Failed(error.clone()));
                }
                job => self.waiting.push_back(job),
            }
        }
    }
}
