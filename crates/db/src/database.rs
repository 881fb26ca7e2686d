//! The one handle to a database.
use std::sync::Arc;

use tokio::sync::watch;

use crate::{
    Applied, Committed, Location, MigrateError, Migration, OpenError, Options, Params, Read,
    Result, Row, Write, WriteError, params,
    position::Positions,
    postgres::{Plan, Postgres, PostgresSnapshot},
    sqlite::{Sqlite, SqliteSnapshot},
    value,
};

/// An open database. Clones share it; dropping the last one lets queued writes finish and closes it.
#[derive(Clone)]
pub struct Database(Arc<Inner>);

struct Inner {
    backend: Backend,
    epoch: i64,
    positions: Arc<Positions>,
}

enum Backend {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

/// What an opened database starts from.
pub(crate) struct Opened<T> {
    pub(crate) backend: T,
    pub(crate) epoch: i64,
    pub(crate) positions: Arc<Positions>,
}

/// Which engine a database is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Engine {
    /// Inside the process.
    Sqlite,
    /// A server.
    Postgres,
}

impl Database {
    /// Opens a database, after having checked that it can be used safely.
    ///
    /// # Errors
    /// See [`OpenError`]: each is a message to the administrator.
    pub async fn open(location: &Location, options: Options) -> Result<Self, OpenError> {
        let (backend, epoch, positions) = match location {
            Location::Sqlite(path) => {
                let opened = Sqlite::open(path, &options)?;
                (Backend::Sqlite(opened.backend), opened.epoch, opened.positions)
            }
            Location::Postgres(url) => {
                let opened = Postgres::open(url, &options).await?;
                (Backend::Postgres(opened.backend), opened.epoch, opened.positions)
            }
        };
        Ok(Self(Arc::new(Inner { backend, epoch, positions })))
    }

    /// Brings the tables up to date. At the start, before anything else is done with the database.
    ///
    /// # Errors
    /// Fails if the database is newer than the program or refuses a migration. Those before the failed one stay
    /// applied.
    pub async fn migrate(&self, set: &[Migration]) -> Result<Applied, MigrateError> {
        match &self.0.backend {
            Backend::Sqlite(sqlite) => sqlite.migrate(set).await,
            Backend::Postgres(postgres) => postgres.migrate(set).await,
        }
    }

    /// Which engine it is of.
    #[must_use]
    pub fn engine(&self) -> Engine {
        match self.0.backend {
            Backend::Sqlite(_) => Engine::Sqlite,
            Backend::Postgres(_) => Engine::Postgres,
        }
    }

    /// As [`Read::query`], planned for these very values: for a statement that one value makes touch a handful of rows, and
    /// another one half of a table. PostgreSQL would make one plan for all of them after it has been asked five times.
    ///
    /// # Errors
    /// As [`Read::query`].
    pub async fn query_planned(&self, sql: &'static str, params: Params) -> Result<Vec<Row>> {
        value::check(&params)?;
        match &self.0.backend {
            // Its plans know how large tables are, not what is in them.
            Backend::Sqlite(sqlite) => sqlite.query(sql, &params).await,
            Backend::Postgres(postgres) => {
                Box::pin(postgres.query(sql, &params, Plan::ForValues)).await
            }
        }
    }

    /// Lets PostgreSQL look at a table again: from what it finds there its plans follow. By itself it does that within a minute or
    /// two, which is late where much has been written at once. Nothing on SQLite, whose plans know no contents.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn refresh_statistics(&self, table: &'static str) -> Result<()> {
        match &self.0.backend {
            Backend::Sqlite(_) => Ok(()),
            Backend::Postgres(postgres) => Box::pin(postgres.analyze(table)).await,
        }
    }

    /// One consistent view for several queries: what was committed when it is taken, and nothing later.
    ///
    /// It keeps a connection. On SQLite the log grows as long as it lives: drop it soon.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        Ok(Snapshot(match &self.0.backend {
            Backend::Sqlite(sqlite) => View::Sqlite(sqlite.snapshot().await?),
            Backend::Postgres(postgres) => View::Postgres(Box::pin(postgres.snapshot()).await?),
        }))
    }

    /// Commits a write, together with others that are queued at the same time. It is durable when this returns.
    ///
    /// A write that was queued is committed even if the caller stops waiting; its positions are then visible at once,
    /// and count as untold. A caller that has to apply the change to memory before it is visible must therefore not be
    /// cancelled here.
    ///
    /// # Errors
    /// [`WriteError::Conflict`] if a key exists or an expectation is not met, else [`WriteError::Failed`]. Nothing is
    /// stored then, unless [`Error::outcome_unknown`](crate::Error::outcome_unknown).
    pub async fn write(&self, write: Write) -> Result<Committed, WriteError> {
        match &self.0.backend {
            Backend::Sqlite(sqlite) => sqlite.write(write).await,
            Backend::Postgres(postgres) => postgres.write(write).await,
        }
    }

    /// How many writes wait to be committed, or are being committed. More than a few are a sign that there is too much to do.
    #[must_use]
    pub fn queued_writes(&self) -> usize {
        match &self.0.backend {
            Backend::Sqlite(sqlite) => sqlite.queued_writes(),
            Backend::Postgres(postgres) => postgres.queued_writes(),
        }
    }

    /// Takes `count` numbers out of the series `name`, for ever, and returns the first. Series begin with 1.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn reserve_numbers(&self, name: &'static str, count: i64) -> Result<i64> {
        let mut write = Write::new();
        let reserved = write.execute_expecting(
            "INSERT INTO number_blocks (name, next) VALUES ($1, 1 + $2) \
             ON CONFLICT (name) DO UPDATE SET next = number_blocks.next + $2 RETURNING next - $2",
            params![name, count],
            1,
        );
        let committed = self.write(write).await?;
        committed.rows(reserved).first().map_or_else(
            || Err(crate::Error::inconsistent("a series of numbers without its row")),
            |row| row.get(0),
        )
    }

    /// Names this life of the database: another one after a restore, so that tokens of before are recognized.
    #[must_use]
    pub fn epoch(&self) -> i64 {
        self.0.epoch
    }

    /// The last position that readers of the change stream may look at: it and all before it are committed and
    /// applied to memory.
    #[must_use]
    pub fn visible_position(&self) -> i64 {
        self.0.positions.visible()
    }

    /// The last visible position of whose change nobody was told: its [`Publication`](crate::Publication) was dropped,
    /// or another process wrote it. Whoever keeps account of what has changed has to look up what is not newer.
    #[must_use]
    pub fn untold_position(&self) -> i64 {
        self.0.positions.untold()
    }

    /// [`Database::visible_position`], to be waited for.
    #[must_use]
    pub fn watch_visible_position(&self) -> watch::Receiver<i64> {
        self.0.positions.watch()
    }

    /// Waits for the queued writes, then closes all connections. What is asked of the database afterwards fails.
    pub async fn close(&self) {
        match &self.0.backend {
            Backend::Sqlite(sqlite) => sqlite.close().await,
            Backend::Postgres(postgres) => postgres.close().await,
        }
    }

    /// Makes the writer panic, to test what then happens.
    ///
    /// # Errors
    /// Fails if the database is closed.
    #[cfg(feature = "testing")]
    pub async fn break_writer(&self) -> Result<()> {
        match &self.0.backend {
            Backend::Sqlite(sqlite) => sqlite.break_writer().await,
            Backend::Postgres(postgres) => postgres.break_writer().await,
        }
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Database").field("engine", &self.engine()).finish_non_exhaustive()
    }
}

impl Read for Database {
    async fn query(&self, sql: &'static str, params: Params) -> Result<Vec<Row>> {
        value::check(&params)?;
        match &self.0.backend {
            Backend::Sqlite(sqlite) => sqlite.query(sql, &params).await,
            // In a box: everything that may ask the database would be as large as the driver's conversation.
            Backend::Postgres(postgres) => Box::pin(postgres.query(sql, &params, Plan::Kept)).await,
        }
    }
}

/// One consistent view for several queries: see [`Database::snapshot`].
pub struct Snapshot(View);

enum View {
    Sqlite(SqliteSnapshot),
    Postgres(PostgresSnapshot),
}

impl Read for Snapshot {
    async fn query(&self, sql: &'static str, params: Params) -> Result<Vec<Row>> {
        value::check(&params)?;
        match &self.0 {
            View::Sqlite(snapshot) => snapshot.query(sql, &params),
            View::Postgres(snapshot) => Box::pin(snapshot.query(sql, &params)).await,
        }
    }
}
