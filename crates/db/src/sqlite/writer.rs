//! The one thread that writes.
//!
//! It takes what is queued, commits it in one transaction, answers everybody, and then does its housekeeping. A panic
//! costs the connection and what was being committed through it, nothing else.
mod batch;

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{Arc, mpsc as queue},
    thread,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, oneshot};

use self::batch::Committer;
use super::{
    connection::{self, Purpose},
    failure,
};
use crate::{
    Committed, Error, Options, Result, Write, WriteError, error::Kind, position::Positions,
};

/// A write and who waits for it.
type Queued = (Write, Reply, Slot);

/// A place in the queue, given back when the job is done.
pub(super) type Slot = OwnedSemaphorePermit;

pub(super) type Reply = oneshot::Sender<Result<Committed, WriteError>>;

type Task = Box<dyn FnOnce(&mut Connection) + Send>;

/// What the writer is asked to do.
pub(super) enum Job {
    /// Commit, together with the writes queued beside it.
    Write { write: Write, reply: Reply, slot: Slot },
    /// Run alone on the writer's connection.
    Task { task: Task, slot: Slot },
}

/// After this long without a write the log is emptied into the database.
const IDLE: Duration = Duration::from_secs(3);

/// How long to wait before another connection is tried when one could not be opened.
const REOPEN: Duration = Duration::from_millis(200);

/// The handle of the writer's thread. Dropping it lets the queue run empty and waits for the thread.
pub(super) struct Writer {
    jobs: Mutex<Option<queue::Sender<Job>>>,
    thread: Mutex<Option<thread::JoinHandle<()>>>,
}

/// What the writer needs to open another connection.
pub(super) struct Opening {
    pub(super) path: PathBuf,
    pub(super) options: Options,
    pub(super) positions: Arc<Positions>,
}

/// The answer to a job that was lost with the writer.
pub(super) fn died() -> Error {
    // It may have been done before.
    Error::new(Kind::OutcomeUnknown, "the database's writer failed and was started again")
}

impl Writer {
    /// # Errors
    /// Fails if the system gives no thread.
    pub(super) fn start(
        connection: Connection,
        position: i64,
        opening: Opening,
    ) -> std::io::Result<Self> {
        let (jobs, queue) = queue::channel();
        let body = move || {
            run(Committer::new(connection, position, &opening.positions), &queue, &opening);
        };
        let thread = thread::Builder::new().name("db-writer".to_owned()).spawn(body)?;
        Ok(Self { jobs: Mutex::new(Some(jobs)), thread: Mutex::new(Some(thread)) })
    }

    /// # Errors
    /// Fails if the writer was stopped.
    pub(super) fn send(&self, job: Job) -> Result<()> {
        let sent = self.jobs.lock().as_ref().map(|jobs| jobs.send(job));
        sent.and_then(Result::ok).ok_or_else(Error::closed)
    }

    /// Takes no more jobs. The thread ends when those that are queued are done.
    pub(super) fn stop(&self) -> Option<thread::JoinHandle<()>> {
        self.jobs.lock().take();
        self.thread.lock().take()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if let Some(thread) = self.stop() {
            // A panic of the thread has been logged; there is nobody left to tell.
            let _ = thread.join();
        }
    }
}

/// Runs until the queue is closed and empty.
fn run(first: Committer, queue: &queue::Receiver<Job>, opening: &Opening) {
    let mut committer = Some(first);
    let mut jobs = VecDeque::new();
    loop {
        let Some(ready) = committer.as_mut() else {
            match reopen(opening) {
                Ok(opened) => committer = Some(opened),
                Err(error) if refuse(&mut jobs, queue, &error) => {}
                Err(_) => break,
            }
            continue;
        };
        if jobs.is_empty() {
            match queue.recv_timeout(IDLE) {
                Ok(job) => drain(&mut jobs, job, queue, opening.options.batch_writes),
                Err(queue::RecvTimeoutError::Timeout) => {
                    ready.empty_log();
                    continue;
                }
                Err(queue::RecvTimeoutError::Disconnected) => break,
            }
        }
        // After a panic the connection is in no known state. The jobs behind the one that panicked are still to be done.
        let outcome = catch_unwind(AssertUnwindSafe(|| work(ready, &mut jobs)));
        let usable = outcome.unwrap_or_else(|_| {
            tracing::error!("the database's writer panicked; it goes on with a new connection");
            false
        });
        if !usable {
            committer = None;
        }
    }
    if let Some(mut committer) = committer {
        committer.empty_log();
    }
}

/// Takes the job, and as many as are queued behind it.
fn drain(jobs: &mut VecDeque<Job>, first: Job, queue: &queue::Receiver<Job>, most: usize) {
    jobs.push_back(first);
    while jobs.len() < most {
        let Ok(job) = queue.try_recv() else { break };
        jobs.push_back(job);
    }
}

/// Does the jobs in order, writes that stand beside each other together. Answers whether the connection is still good;
/// if it is not, the jobs that are left are for another one.
fn work(committer: &mut Committer, jobs: &mut VecDeque<Job>) -> bool {
    let mut writes = Vec::with_capacity(jobs.len());
    while let Some(job) = jobs.pop_front() {
        match job {
            Job::Write { write, reply, slot } => {
                writes.push((write, reply, slot));
                if !matches!(jobs.front(), Some(Job::Write { .. }))
                    && !committer.commit(std::mem::take(&mut writes))
                {
                    return false;
                }
            }
            Job::Task { task, slot } => {
                committer.run(task);
                drop(slot);
            }
        }
    }
    committer.checkpoint_if_long();
    true
}

fn reopen(opening: &Opening) -> Result<Committer> {
    let opened = connection::open(&opening.path, Purpose::Write, &opening.options);
    let connection = opened.map_err(|error| {
        Error::with_source(Kind::Transient, "the database can't be opened for writing again", error)
    })?;
    let position = batch::stored_position(&connection).map_err(failure::error)?;
    // What was committed just before the connection was lost may have been answered to nobody.
    opening.positions.catch_up(position);
    Ok(Committer::new(connection, position, &opening.positions))
}

/// Fails what is queued for a while, because there is no connection. Answers whether more can come.
fn refuse(jobs: &mut VecDeque<Job>, queue: &queue::Receiver<Job>, error: &Error) -> bool {
    tracing::error!(?error, "the database can't be written to");
    let refused = |job| match job {
        Job::Write { reply, .. } => {
            // Whoever gave up waiting needs no answer.
            let _ = reply.send(Err(WriteError::Failed(error.clone())));
        }
        // The reply is dropped with the task: that answers it.
        Job::Task { .. } => {}
    };
    jobs.drain(..).for_each(refused);
    let until = Instant::now() + REOPEN;
    loop {
        match queue.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(job) => refused(job),
            Err(queue::RecvTimeoutError::Timeout) => return true,
            Err(queue::RecvTimeoutError::Disconnected) => return false,
        }
    }
}
