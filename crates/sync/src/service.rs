//! The service: what a sync reads, and how it waits.
use std::{sync::Arc, time::Duration};

use encryption::Encryption;
use presence::Presence;
use push::Push;
use rooms::{Rooms, token::StreamToken};
use store::{Listener, Store, UserNum};
use tokio::{sync::watch, time::Instant};

use crate::{error::Result, sliding::memory::Memory};

/// The longest that a client may wait. Longer requests are cut, not refused.
const TIMEOUT_MAX: Duration = Duration::from_mins(5);

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
    /// Who is there.
    pub presence: Arc<Presence>,
}

/// The sync service.
pub struct Sync {
    pub(crate) store: Store,
    pub(crate) rooms: Arc<Rooms>,
    pub(crate) encryption: Arc<Encryption>,
    pub(crate) push: Arc<Push>,
    pub(crate) presence: Arc<Presence>,
    pub(crate) sliding: Memory,
    stopping: watch::Sender<bool>,
}

impl Sync {
    /// The service.
    #[must_use]
    pub fn new(parts: SyncParts) -> Self {
        let SyncParts { store, rooms, encryption, push, presence } = parts;
        let (sliding, stopping) = (Memory::default(), watch::Sender::new(false));
        Self { store, rooms, encryption, push, presence, sliding, stopping }
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

    /// Begins to wait for what concerns `user`. What changes from now on is not missed.
    pub(crate) async fn begin_waiting(&self, user: UserNum, timeout: Duration) -> Result<Waiting> {
        let deadline = Instant::now() + timeout.min(TIMEOUT_MAX);
        let stopping = self.stopping.subscribe();
        let joined = self.rooms.rooms_of(user).await?;
        let listener = self.store.changes.listen(user, || joined.joined());
        Ok(Waiting { listener, stopping, deadline })
    }
}

/// A request that waits for something to tell.
pub(crate) struct Waiting {
    listener: Listener,
    stopping: watch::Receiver<bool>,
    deadline: Instant,
}

impl Waiting {
    /// Whether the time is up: the request is answered with what there is.
    pub(crate) fn must_answer(&self) -> bool {
        *self.stopping.borrow() || Instant::now() >= self.deadline
    }

    /// Waits for a change that concerns the user, or until the time is up.
    pub(crate) async fn changed(&mut self) {
        tokio::select! {
            () = self.listener.changed() => {}
            () = tokio::time::sleep_until(self.deadline) => {}
            _ = self.stopping.changed() => {}
        }
    }
}
