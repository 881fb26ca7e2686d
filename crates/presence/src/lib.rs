//! Who is there ([spec]): from the syncs that wait, what users say, and when they did something last.
//!
//! What is known of those who are there is kept in memory; others are told, and a row is written, only when what they see
//! changes. Where the administrator has not switched it on, nothing is noted at all.
//!
//! Invariant: others learn only of those with whom they share a room.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#presence
mod reading;
mod state;

use std::{collections::HashMap, sync::Arc};

use db::Write;
use parking_lot::Mutex;
use rooms::Rooms;
use store::{Change, Store, UserNum, presence as table};

pub use reading::Seen;
pub use store::presence::{Shown, Status};

use self::state::Live;

/// The longest message that a user shows with their presence, in bytes.
const MESSAGE_BYTES_MAX: usize = 2_048;

/// How many users are written at once.
const USERS_PER_WRITE: usize = 200;

/// Why presence was not set or read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is somebody else's.
    #[error("You can only set your own presence")]
    NotYours,
    /// The user shares no room with the one who asks.
    #[error("You are not allowed to see their presence")]
    Hidden,
    /// The message is too long.
    #[error("A status message has at most {MESSAGE_BYTES_MAX} bytes and no U+0000")]
    Message,
    /// A room could not be read.
    #[error(transparent)]
    Rooms(#[from] rooms::Error),
    /// The database failed.
    #[error(transparent)]
    Failed(#[from] db::Error),
}

/// The service.
pub struct Presence {
    store: Store,
    rooms: Arc<Rooms>,
    enabled: bool,
    live: Mutex<HashMap<UserNum, Live>>,
    /// Held while others are told: what they are told is always later than what they were told before. Says whether those
    /// who were there before a restart are known.
    telling: tokio::sync::Mutex<bool>,
}

impl Presence {
    /// The presence of the people in these rooms.
    #[must_use]
    pub fn new(store: Store, rooms: Arc<Rooms>, enabled: bool) -> Arc<Self> {
        let telling = tokio::sync::Mutex::new(false);
        Arc::new(Self { store, rooms, enabled, live: Mutex::default(), telling })
    }

    /// Whether the administrator has switched it on.
    #[must_use]
    pub fn is_enabled(&self) -> bool {
        self.enabled
    }

    /// Notes that a client of `user` syncs and says that they are `wanted`, for as long as what is returned lives.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn begin_sync(
        self: &Arc<Self>,
        user: UserNum,
        wanted: Status,
    ) -> Result<Option<Syncing>, Error> {
        // Whoever syncs as somebody who is not there changes nothing.
        if !self.enabled || wanted == Status::Offline {
            return Ok(None);
        }
        let now_ms = self.now_ms();
        self.know(user).await?;
        let syncing = {
            let mut live = self.live.lock();
            let Some(known) = live.get_mut(&user) else { return Ok(None) };
            known.want(wanted, now_ms);
            known.syncs += 1;
            Syncing { presence: Arc::clone(self), user }
        };
        self.tell(&[user]).await?;
        Ok(Some(syncing))
    }

    /// Notes that `user` does something.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn note_activity(self: &Arc<Self>, user: UserNum) -> Result<(), Error> {
        if !self.enabled {
            return Ok(());
        }
        let now_ms = self.now_ms();
        let has_news = match self.live.lock().get_mut(&user) {
            Some(live) => {
                live.last_active_ts = now_ms;
                live.has_news(now_ms)
            }
            // Whoever does not sync is not there.
            None => false,
        };
        if has_news { self.tell(&[user]).await } else { Ok(()) }
    }

    /// Sets what `user` says of their presence.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn set(
        self: &Arc<Self>,
        user: UserNum,
        status: Status,
        message: Option<&str>,
    ) -> Result<(), Error> {
        if !self.enabled {
            return Ok(());
        }
        if message.is_some_and(|text| text.len() > MESSAGE_BYTES_MAX || text.contains('\0')) {
            return Err(Error::Message);
        }
        let now_ms = self.now_ms();
        self.know(user).await?;
        if let Some(live) = self.live.lock().get_mut(&user) {
            live.want(status, now_ms);
            live.last_active_ts = now_ms;
            live.status_msg = message.filter(|text| !text.is_empty()).map(str::to_owned);
        }
        self.tell(&[user]).await
    }

    /// Tells others of those who have gone or do nothing. To be called every few seconds.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn tick(self: &Arc<Self>) -> Result<(), Error> {
        if !self.enabled {
            return Ok(());
        }
        self.remember().await?;
        let now_ms = self.now_ms();
        let news: Vec<UserNum> = {
            let mut live = self.live.lock();
            live.retain(|_, live| !live.is_gone(now_ms));
            live.iter().filter(|(_, live)| live.has_news(now_ms)).map(|(user, _)| *user).collect()
        };
        for users in news.chunks(USERS_PER_WRITE) {
            self.tell(users).await?;
        }
        Ok(())
    }

    /// Makes sure that `user` is known.
    async fn know(&self, user: UserNum) -> Result<(), Error> {
        if self.live.lock().contains_key(&user) {
            return Ok(());
        }
        let told = table::find(&self.store.db, user).await?.unwrap_or_default();
        let now_ms = self.now_ms();
        self.live.lock().entry(user).or_insert_with(|| Live::new(told, now_ms));
        Ok(())
    }

    /// Once after a start: those who were there when the server stopped, so that they are missed if they do not return.
    async fn remember(&self) -> Result<(), Error> {
        let mut are_known = self.telling.lock().await;
        if !*are_known {
            let there = table::all_there(&self.store.db).await?;
            let now_ms = self.now_ms();
            let mut live = self.live.lock();
            for (user, told) in there {
                live.entry(user).or_insert_with(|| Live::new(told, now_ms));
            }
            *are_known = true;
        }
        Ok(())
    }

    /// Tells those who share rooms with `users` what has changed. It runs to its end even if nobody waits for it.
    async fn tell(self: &Arc<Self>, users: &[UserNum]) -> Result<(), Error> {
        let now_ms = self.now_ms();
        let has_news = {
            let live = self.live.lock();
            users.iter().any(|user| live.get(user).is_some_and(|live| live.has_news(now_ms)))
        };
        if !has_news {
            return Ok(());
        }
        let (presence, users) = (Arc::clone(self), users.to_vec());
        let told = tokio::spawn(async move { presence.tell_now(&users).await }).await;
        told.unwrap_or_else(|_| Err(db::Error::inconsistent("telling was broken off").into()))
    }

    async fn tell_now(&self, users: &[UserNum]) -> Result<(), Error> {
        let _telling = self.telling.lock().await;
        let now_ms = self.now_ms();
        let news: Vec<(UserNum, Shown)> = {
            let live = self.live.lock();
            let news = users.iter().filter_map(|user| Some((*user, live.get(user)?)));
            let news = news.filter(|(_, live)| live.has_news(now_ms));
            news.map(|(user, live)| (user, live.shown(now_ms))).collect()
        };
        if news.is_empty() {
            return Ok(());
        }
        let mut rooms = Vec::with_capacity(news.len());
        for (user, _) in &news {
            rooms.push(self.rooms.rooms_of(*user).await?.joined());
        }
        let mut write = Write::new();
        let position = write.position();
        for (user, shown) in &news {
            table::set(&mut write, *user, shown, &position);
        }
        let committed = self.store.db.write(write).await.map_err(db::Error::from)?;
        {
            let mut live = self.live.lock();
            for (user, shown) in &news {
                if let Some(live) = live.get_mut(user) {
                    live.told = shown.clone();
                }
            }
        }
        let position = committed.position(&position);
        let own = news.iter().map(|(user, _)| Change::User { position, user: *user });
        let others = rooms.into_iter().flatten().map(|room| Change::Presence { position, room });
        let changes: Vec<Change> = own.chain(others).collect();
        self.store.changes.publish(committed.publication, &changes);
        Ok(())
    }

    fn now_ms(&self) -> i64 {
        self.store.clock.now_ms()
    }
}

/// A sync that goes on.
pub struct Syncing {
    presence: Arc<Presence>,
    user: UserNum,
}

impl Drop for Syncing {
    fn drop(&mut self) {
        let now_ms = self.presence.now_ms();
        if let Some(live) = self.presence.live.lock().get_mut(&self.user) {
            live.syncs = live.syncs.saturating_sub(1);
            live.last_seen_ts = now_ms;
        }
    }
}
