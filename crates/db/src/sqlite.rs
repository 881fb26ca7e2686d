//! SQLite inside the process.
//!
//! Readers run on the calling thread, writes on one thread of their own; `WAL` lets neither wait for the other.
pub(crate) mod checks;
pub(crate) mod connection;
mod failure;
mod lock;
mod migrate;
mod readers;
mod statement;
mod writer;

use std::{path::Path, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::{Semaphore, oneshot};

pub(crate) use self::readers::SqliteSnapshot;
use self::{
    connection::Purpose,
    lock::FileLock,
    readers::{Readers, Use},
    writer::Job,
};
use crate::{
    Applied, Committed, Error, MigrateError, Migration, OpenError, Options, Params, Result, Row,
    Write, WriteError, database::Opened, position::Positions,
};

/// One open database file.
pub(crate) struct Sqlite {
    readers: Arc<Readers>,
    writer: writer::Writer,
    queue: Arc<Semaphore>,
    queue_length: usize,
    clock: clock::SharedClock,
    /// Held until all the rest is closed: fields are dropped in order.
    lock: Mutex<Option<FileLock>>,
}

impl Sqlite {
    pub(crate) fn open(path: &Path, options: &Options) -> Result<Opened<Self>, OpenError> {
        checks::version()?;
        checks::folder(path, options)?;
        let lock = FileLock::take(path)?;
        let mut connection = connection::open(path, Purpose::Write, options)?;
        let (epoch, position) = checks::prepare(&mut connection)?;
        let positions = Positions::new(position);
        let opening = writer::Opening {
            path: path.to_owned(),
            options: options.clone(),
            positions: Arc::clone(&positions),
        };
        let backend = Self {
            readers: Arc::new(Readers::new(path.to_owned(), options.clone())),
            writer: writer::Writer::start(connection, position, opening)
                .map_err(|error| OpenError::Start(error.into()))?,
            queue: Arc::new(Semaphore::new(options.queued_writes)),
            queue_length: options.queued_writes,
            clock: options.clock.clone(),
            lock: Mutex::new(Some(lock)),
        };
        Ok(Opened { backend, epoch, positions })
    }

    pub(crate) async fn query(&self, sql: &'static str, params: &Params) -> Result<Vec<Row>> {
        self.readers.acquire(Use::Query).await?.query(sql, params)
    }

    pub(crate) async fn snapshot(&self) -> Result<SqliteSnapshot> {
        SqliteSnapshot::begin(self.readers.acquire(Use::Snapshot).await?)
    }

    pub(crate) async fn write(&self, write: Write) -> Result<Committed, WriteError> {
        write.check()?;
        let (reply, answer) = oneshot::channel();
        self.send(|slot| Job::Write { write, reply, slot }).await?;
        // The writer answers every job or dies with it: then the reply is dropped unsent.
        answer.await.unwrap_or_else(|_| Err(writer::died().into()))
    }

    pub(crate) async fn migrate(&self, set: &[Migration]) -> Result<Applied, MigrateError> {
        let (set, clock) = (set.to_vec(), self.clock.clone());
        let (reply, answer) = oneshot::channel();
        let task = move |connection: &mut rusqlite::Connection| {
            // Nobody waits any more if the receiver is gone.
            let _ = reply.send(migrate::migrate(connection, &set, &clock));
        };
        self.send(|slot| Job::Task { task: Box::new(task), slot }).await?;
        answer.await.unwrap_or_else(|_| Err(writer::died().into()))
    }

    pub(crate) fn queued_writes(&self) -> usize {
        self.queue_length.saturating_sub(self.queue.available_permits())
    }

    /// Panics on the writer's thread, to test what then happens.
    #[cfg(feature = "testing")]
    pub(crate) async fn break_writer(&self) -> Result<()> {
        let task = |_: &mut rusqlite::Connection| std::panic::panic_any("a test broke the writer");
        self.send(|slot| Job::Task { task: Box::new(task), slot }).await
    }

    /// Lets the queue run empty, closes all connections and gives the file up.
    pub(crate) async fn close(&self) {
        self.queue.close();
        self.readers.close();
        if let Some(thread) = self.writer.stop() {
            // A panic of the thread has been logged; there is nobody left to tell.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
        self.lock.lock().take();
    }

    async fn send(&self, job: impl FnOnce(writer::Slot) -> Job) -> Result<()> {
        let slot = Arc::clone(&self.queue).acquire_owned().await.map_err(|_| Error::closed())?;
        self.writer.send(job(slot))
    }
}
