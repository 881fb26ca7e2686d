//! The connections that read.
use std::{path::PathBuf, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    connection::{self, Purpose},
    failure,
    statement::Prepared,
};
use crate::{Error, OpenError, Options, Params, Result, Row, error::Kind};

/// Connections that read, opened when they are first needed and kept.
pub(super) struct Readers {
    path: PathBuf,
    options: Options,
    idle: Mutex<Vec<Prepared>>,
    queries: Arc<Semaphore>,
    /// Apart from those for queries: whoever holds a snapshot may ask the database beside it, and never waits for
    /// another snapshot's end then.
    snapshots: Arc<Semaphore>,
}

/// What a connection is wanted for.
#[derive(Clone, Copy)]
pub(super) enum Use {
    Query,
    Snapshot,
}

/// A connection that is somebody's until it is dropped.
pub(super) struct Reader {
    readers: Arc<Readers>,
    prepared: Option<Prepared>,
    _place: OwnedSemaphorePermit,
}

impl Readers {
    pub(super) fn new(path: PathBuf, options: Options) -> Self {
        let places = || Arc::new(Semaphore::new(options.readers.max(1)));
        let (queries, snapshots) = (places(), places());
        Self { path, options, idle: Mutex::default(), queries, snapshots }
    }

    /// A connection, as soon as one is free.
    ///
    /// # Errors
    /// Fails if a new one can't be opened.
    pub(super) async fn acquire(self: &Arc<Self>, wanted: Use) -> Result<Reader> {
        let places = match wanted {
            Use::Query => &self.queries,
            Use::Snapshot => &self.snapshots,
        };
        let place = Arc::clone(places).acquire_owned().await.map_err(|_| Error::closed())?;
        let idle = self.idle.lock().pop();
        let prepared = match idle {
            Some(prepared) => prepared,
            None => Prepared::new(self.open()?),
        };
        Ok(Reader { readers: Arc::clone(self), prepared: Some(prepared), _place: place })
    }

    /// Closes what is idle, and lets nobody have another.
    pub(super) fn close(&self) {
        self.queries.close();
        self.snapshots.close();
        self.idle.lock().clear();
    }

    fn open(&self) -> Result<rusqlite::Connection> {
        connection::open(&self.path, Purpose::Read, &self.options).map_err(|error| match error {
            OpenError::Database(error) => error,
            other => Error::with_source(Kind::Engine, "a connection can't be opened", other),
        })
    }
}

impl Reader {
    /// # Errors
    /// Fails if SQLite does.
    pub(super) fn query(&self, sql: &'static str, params: &Params) -> Result<Vec<Row>> {
        let result = self.prepared()?.run(sql, params, 0).map_err(failure::error)?;
        Ok(result.rows)
    }

    fn prepared(&self) -> Result<&Prepared> {
        self.prepared.as_ref().ok_or_else(Error::closed)
    }

    fn execute_batch(&self, sql: &str) -> Result<()> {
        self.prepared()?.connection.execute_batch(sql).map_err(failure::error)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(prepared) = self.prepared.take()
            && !self.readers.queries.is_closed()
            && prepared.connection.is_autocommit()
        {
            self.readers.idle.lock().push(prepared);
        }
    }
}

/// One consistent view: a read transaction.
///
/// The log can't be shortened below it: it is for several queries in a row, not for keeping.
pub(crate) struct SqliteSnapshot(Mutex<Reader>);

impl SqliteSnapshot {
    pub(super) fn begin(reader: Reader) -> Result<Self> {
        reader.execute_batch("BEGIN")?;
        let snapshot = Self(Mutex::new(reader));
        // The view is taken by the first read, not by BEGIN.
        snapshot.query("SELECT position FROM change_stream", &Params::new())?;
        Ok(snapshot)
    }

    pub(crate) fn query(&self, sql: &'static str, params: &Params) -> Result<Vec<Row>> {
        self.0.lock().query(sql, params)
    }
}

impl Drop for SqliteSnapshot {
    fn drop(&mut self) {
        // A connection that is still in its transaction is closed by `Reader::drop`, not reused.
        let _ = self.0.get_mut().execute_batch("COMMIT");
    }
}
