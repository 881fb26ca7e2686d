//! The service: what a sync reads, and how it waits.
use std::{sync::Arc, time::Duration};

use encryption::Encryption;
use push::Push;
use rooms::{Rooms, token::StreamToken};
use store::{Store, UserNum};
use tokio::{sync::watch, time::Instant};

use crate::error::Result;

/// The longest that a client may wait. Longer requests are cut, not refused.
pub const TIMEOUT_MAX: Duration = Duration::from_mins(5);

/// What the service is built from.
pub struct SyncParts {
    /// The database and the change hub.
    pub store: Store,
    /// The rooms.
    pub rooms: Arc<Rooms>,
    /// To-device messages, device lists and key counts.
    pub encryption: Arc<Encryption>,
    /// Unread counts.
    pub push: Arc<Push>,
}

/// The sync service.
pub struct Sync {
    pub(crate) store: Store,
    pub(crate) rooms: Arc<Rooms>,
    pub(crate) encryption: Arc<Encryption>,
    pub(crate) push: Arc<Push>,
    stopping: watch::Sender<bool>,
}

impl Sync {
    /// The service.
    #[must_use]
    pub fn new(parts: SyncParts) -> Self {
        let SyncParts { store, rooms, encryption, push } = parts;
        Self { store, rooms, encryption, push, stopping: watch::Sender::new(false) }
    }

    /// Lets every waiting request answer at once with what it has: the server stops.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }

    /// Where the change stream is now.
    #[must_use]
    pub fn now(&self) -> StreamToken {
        // The ephemeral serial first: what changes in between is shown twice rather than never.
        let ephemeral = self.store.changes.ephemeral_serial();
        let position = self.store.changes.position();
        StreamToken { epoch: self.store.db.epoch(), position, ephemeral }
    }

    /// A client's token as far as it is to be trusted: none if it is of another epoch or from the future. Typing
    /// notices of before a restart count as unseen.
    #[must_use]
    pub fn trusted(&self, token: Option<StreamToken>) -> Option<StreamToken> {
        let now = self.now();
        let mut token =
            token.filter(|token| token.epoch == now.epoch && token.position <= now.position)?;
        if token.ephemeral > now.ephemeral {
            token.ephemeral = 0;
        }
        Some(token)
    }

    /// Asks `attempt` until it answers with something, a change at a time, for `timeout` at most; then takes what
    /// `attempt` has when it must answer.
    pub(crate) async fn wait<T, A>(
        &self,
        user: UserNum,
        timeout: Duration,
        mut attempt: A,
    ) -> Result<T>
    where
        A: AsyncFnMut(bool) -> Result<Option<T>>,
    {
        let deadline = Instant::now() + timeout.min(TIMEOUT_MAX);
        let mut stopping = self.stopping.subscribe();
        let joined = self.rooms.rooms_of(user).await?;
        let mut listener = self.store.changes.listen(user, || joined.joined());
        loop {
            let must = *stopping.borrow() || Instant::now() >= deadline;
            if let Some(answer) = attempt(must).await? {
                return Ok(answer);
            }
            tokio::select! {
                () = listener.changed() => {}
                () = tokio::time::sleep_until(deadline) => {}
                _ = stopping.changed() => {}
            }
        }
    }
}
