//! The writer's connection, and what it knows of the change stream.
use std::time::Duration;

use deadpool_postgres::{Object, Pool};
use tokio::time::{Instant, sleep};

use crate::{Error, Result, postgres::failure};

/// The first pause between two tries to connect, and the longest.
const PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// The connection, made anew when it is lost.
pub(super) struct Session {
    pool: Pool,
    client: Option<Object>,
    reconnect: Duration,
    /// The last position of the change stream, if no other node can have advanced it since.
    pub(super) position: Option<i64>,
}

impl Session {
    pub(super) fn new(pool: Pool, position: i64, reconnect: Duration) -> Self {
        Self { pool, client: None, reconnect, position: Some(position) }
    }

    /// Drops the connection and what was known through it.
    pub(super) fn forget(&mut self) {
        if let Some(client) = self.client.take() {
            drop(Object::take(client));
        }
        self.position = None;
    }

    /// Connects, if it has to, for as long as a write that waits since `since` may wait.
    ///
    /// # Errors
    /// Fails if there is no connection by then.
    pub(super) async fn connect(&mut self, since: Instant) -> Result<&Object> {
        if self.client.as_ref().is_some_and(|client| client.is_closed()) {
            self.forget();
        }
        let client = match self.client.take() {
            Some(client) => client,
            None => self.connect_anew(since).await?,
        };
        Ok(self.client.insert(client))
    }

    /// Connects, if it has to and the server is there at this moment.
    ///
    /// # Errors
    /// Fails if it is not.
    pub(super) async fn connect_once(&mut self) -> Result<&Object> {
        // The moment from which on waiting is too long.
        let since = Instant::now().checked_sub(self.reconnect).unwrap_or_else(Instant::now);
        self.connect(since).await
    }

    async fn connect_anew(&self, since: Instant) -> Result<Object> {
        let mut pause = PAUSE;
        loop {
            let error = match self.pool.get().await {
                Ok(client) => return Ok(client),
                Err(error) => failure::pool_error(error),
            };
            if since.elapsed() + pause > self.reconnect || !error.is_transient() {
                return Err(error);
            }
            tracing::warn!(?error, "waiting for PostgreSQL");
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// The connection, if there is one.
    pub(super) fn client(&self) -> Result<&Object> {
        self.client.as_ref().ok_or_else(Error::closed)
    }
}
