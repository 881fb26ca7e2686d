//! The change hub: what has changed, and who is woken by it.
//!
//! A service commits, applies the change to its memory, and publishes. The hub then lets the change become visible
//! and wakes the users concerned who are connected; nobody else runs. A reader asks the hub whether anything can have
//! changed before it asks the database. What was committed and never published (the service panicked, or was lost with
//! its request) counts as a change of everything.
//!
//! Invariant: nobody is woken for a change before [`db::Database::visible_position`] covers it.
use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    hash::Hash,
    ops::Bound,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use db::{Database, Publication};
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};

use crate::numbers::{RoomNum, UserNum};

/// Wakers that nobody has waited on for this many later sweeps are let go.
const IDLE_SWEEPS_MAX: u32 = 3;

/// Something that has changed, and whom it concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// An event, a receipt or anything else that every member of the room sees.
    Room {
        /// Where in the stream.
        position: i64,
        /// Which room.
        room: RoomNum,
    },
    /// Something that only one user sees: account data, to-device messages, an invite.
    User {
        /// Where in the stream.
        position: i64,
        /// Which user.
        user: UserNum,
    },
    /// The user's membership of a room changed: they follow the room from now on, or no longer.
    Membership {
        /// Where in the stream.
        position: i64,
        /// Which user.
        user: UserNum,
        /// Which room.
        room: RoomNum,
        /// Whether the user now sees the room's changes.
        follows: bool,
    },
    /// As [`Self::Membership`], of a user of another server: nobody here follows the room because of it.
    RemoteMembership {
        /// Where in the stream.
        position: i64,
        /// Which room.
        room: RoomNum,
    },
    /// A user came or went, which everybody who shares this room with them sees.
    Presence {
        /// Where in the stream.
        position: i64,
        /// A room of the user.
        room: RoomNum,
    },
    /// A user's profile changed, which everybody who shares this room with them may be told.
    Profile {
        /// Where in the stream.
        position: i64,
        /// A room of the user; none where nobody is woken: that there was a change is known all the same to whoever looks.
        room: Option<RoomNum>,
    },
    /// A user's devices or keys changed, which everybody who shares this room with them sees.
    DeviceList {
        /// Where in the stream.
        position: i64,
        /// A room of the user; none as for [`Self::Profile`].
        room: Option<RoomNum>,
    },
}

impl Change {
    fn position(self) -> i64 {
        match self {
            Self::Room { position, .. }
            | Self::User { position, .. }
            | Self::Membership { position, .. }
            | Self::RemoteMembership { position, .. }
            | Self::Presence { position, .. }
            | Self::Profile { position, .. }
            | Self::DeviceList { position, .. } => position,
        }
    }
}

/// Who has changed when, and who waits.
pub struct Hub {
    db: Database,
    /// The stream's position at start: of older changes the hub knows nothing.
    start: i64,
    rooms: Mutex<Latest<RoomNum>>,
    users: Mutex<Latest<UserNum>>,
    device_lists: AtomicI64,
    memberships: AtomicI64,
    presence: AtomicI64,
    profiles: AtomicI64,
    ephemeral: AtomicU64,
    ephemeral_watch: watch::Sender<u64>,
    ephemeral_rooms: Mutex<HashMap<RoomNum, u64>>,
    /// Published, but behind something older that is still being applied.
    unseen: Mutex<BTreeMap<i64, Vec<Change>>>,
    wakers: Mutex<Wakers>,
}

/// When each room or user changed last, by their numbers and in the order of the changes.
struct Latest<K> {
    by_number: HashMap<K, i64>,
    by_position: BTreeSet<(i64, K)>,
}

impl<K> Default for Latest<K> {
    fn default() -> Self {
        Self { by_number: HashMap::new(), by_position: BTreeSet::new() }
    }
}

impl<K: Copy + Ord + Hash> Latest<K> {
    fn raise(&mut self, number: K, position: i64) {
        let known = self.by_number.entry(number).or_insert(i64::MIN);
        if *known < position {
            self.by_position.remove(&(*known, number));
            self.by_position.insert((position, number));
            *known = position;
        }
    }

    /// What changed after `since`; `last` is the greatest number that there can be.
    fn after(&self, since: i64, last: K) -> impl Iterator<Item = K> {
        let later = (Bound::Excluded((since, last)), Bound::Unbounded);
        self.by_position.range(later).map(|(_, number)| *number)
    }
}

#[derive(Default)]
struct Wakers {
    users: HashMap<UserNum, Arc<Waker>>,
    rooms: HashMap<RoomNum, HashMap<UserNum, Arc<Waker>>>,
}

/// One connected user: every request of theirs that waits shares it.
struct Waker {
    version: AtomicU64,
    notify: Notify,
    waiting: AtomicU64,
    idle_sweeps: AtomicU64,
    rooms: Mutex<HashSet<RoomNum>>,
}

impl Waker {
    fn wake(&self) {
        self.version.fetch_add(1, Ordering::SeqCst);
        self.notify.notify_waiters();
    }
}

impl Hub {
    /// A hub that knows nothing older than the database's present position.
    #[must_use]
    pub fn new(db: Database) -> Self {
        let start = db.visible_position();
        Self {
            db,
            start,
            rooms: Mutex::default(),
            users: Mutex::default(),
            device_lists: AtomicI64::new(start),
            memberships: AtomicI64::new(start),
            presence: AtomicI64::new(start),
            profiles: AtomicI64::new(start),
            ephemeral: AtomicU64::new(1),
            ephemeral_watch: watch::Sender::new(1),
            ephemeral_rooms: Mutex::default(),
            unseen: Mutex::default(),
            wakers: Mutex::default(),
        }
    }

    /// The position up to which everything is visible.
    #[must_use]
    pub fn position(&self) -> i64 {
        self.db.visible_position()
    }

    /// Whether the hub knows of everything that has changed after `since`: not of what is older than the process, nor of
    /// what became visible without being published.
    fn knows_since(&self, since: i64) -> bool {
        since >= self.start && since >= self.db.untold_position()
    }

    /// Lets what was committed become visible, and wakes whom it concerns.
    ///
    /// The caller has applied the change to its memory before.
    pub fn publish(&self, publication: Publication, changes: &[Change]) {
        for change in changes {
            self.record(*change);
        }
        let seen = {
            let mut unseen = self.unseen.lock();
            for change in changes {
                unseen.entry(change.position()).or_default().push(*change);
            }
            publication.publish();
            let visible = self.db.visible_position();
            let later = unseen.split_off(&visible.saturating_add(1));
            std::mem::replace(&mut *unseen, later)
        };
        for change in seen.into_values().flatten() {
            self.wake(change);
        }
    }

    /// Whether anything in `room` can have changed after `since`.
    #[must_use]
    pub fn room_changed_since(&self, room: RoomNum, since: i64) -> bool {
        !self.knows_since(since)
            || self.rooms.lock().by_number.get(&room).is_some_and(|latest| *latest > since)
    }

    /// Those of `rooms` in which anything can have changed after `since`.
    #[must_use]
    pub fn rooms_changed_since(
        &self,
        rooms: impl Iterator<Item = RoomNum>,
        since: i64,
    ) -> Vec<RoomNum> {
        if !self.knows_since(since) {
            return rooms.collect();
        }
        let latest = &self.rooms.lock().by_number;
        rooms.filter(|room| latest.get(room).is_some_and(|latest| *latest > since)).collect()
    }

    /// All rooms in which anything can have changed after `since`; `None` if they are more than `most`, or not known:
    /// then asking [room by room](Self::rooms_changed_since) is cheaper.
    #[must_use]
    pub fn changed_rooms(&self, since: i64, most: usize) -> Option<Vec<RoomNum>> {
        if !self.knows_since(since) {
            return None;
        }
        let rooms: Vec<RoomNum> = self
            .rooms
            .lock()
            .after(since, RoomNum(i64::MAX))
            .take(most.saturating_add(1))
            .collect();
        (rooms.len() <= most).then_some(rooms)
    }

    /// The position up to which each of `rooms` can have changed, in their order.
    #[must_use]
    pub fn latest_of_rooms(&self, rooms: impl Iterator<Item = RoomNum>) -> Vec<i64> {
        let unknown = self.start.max(self.db.untold_position());
        let latest = &self.rooms.lock().by_number;
        rooms.map(|room| latest.get(&room).map_or(unknown, |known| unknown.max(*known))).collect()
    }

    /// Whether anybody's membership of any room can have changed after `since`.
    #[must_use]
    pub fn memberships_changed_since(&self, since: i64) -> bool {
        !self.knows_since(since) || self.memberships.load(Ordering::SeqCst) > since
    }

    /// Whether anybody can have come or gone after `since`.
    #[must_use]
    pub fn presence_changed_since(&self, since: i64) -> bool {
        !self.knows_since(since) || self.presence.load(Ordering::SeqCst) > since
    }

    /// Whether the profile of anybody who is in a room can have changed after `since`.
    #[must_use]
    pub fn profiles_changed_since(&self, since: i64) -> bool {
        !self.knows_since(since) || self.profiles.load(Ordering::SeqCst) > since
    }

    /// Whether anything that only `user` sees can have changed after `since`.
    #[must_use]
    pub fn user_changed_since(&self, user: UserNum, since: i64) -> bool {
        !self.knows_since(since)
            || self.users.lock().by_number.get(&user).is_some_and(|latest| *latest > since)
    }

    /// All users for whom alone anything can have changed after `since`; `None` if they are more than `most`, or not
    /// known: then asking [user by user](Self::user_changed_since) is cheaper.
    #[must_use]
    pub fn changed_users(&self, since: i64, most: usize) -> Option<Vec<UserNum>> {
        if !self.knows_since(since) {
            return None;
        }
        let latest = self.users.lock();
        let users: Vec<UserNum> =
            latest.after(since, UserNum(i64::MAX)).take(most.saturating_add(1)).collect();
        (users.len() <= most).then_some(users)
    }

    /// Whether anybody's device list can have changed after `since`.
    #[must_use]
    pub fn device_lists_changed_since(&self, since: i64) -> bool {
        !self.knows_since(since) || self.device_lists.load(Ordering::SeqCst) > since
    }

    /// Counts a change of `room` that is kept in memory only (typing), and wakes its connected members.
    pub fn publish_ephemeral(&self, room: RoomNum) {
        {
            // Counted under the lock: whoever has seen the number finds the room, too.
            let mut rooms = self.ephemeral_rooms.lock();
            let serial = self.ephemeral.fetch_add(1, Ordering::SeqCst) + 1;
            rooms.insert(room, serial);
            self.ephemeral_watch.send_replace(serial);
        }
        self.wake_room(room);
    }

    /// The number of the latest change that is kept in memory only; it starts again with the process.
    #[must_use]
    pub fn ephemeral_serial(&self) -> u64 {
        self.ephemeral.load(Ordering::SeqCst)
    }

    /// Follows [`Self::ephemeral_serial`].
    #[must_use]
    pub fn watch_ephemeral(&self) -> watch::Receiver<u64> {
        self.ephemeral_watch.subscribe()
    }

    /// Those of `rooms` with a change kept in memory after `since`.
    #[must_use]
    pub fn ephemeral_since(
        &self,
        rooms: impl Iterator<Item = RoomNum>,
        since: u64,
    ) -> Vec<RoomNum> {
        let latest = self.ephemeral_rooms.lock();
        if latest.is_empty() {
            return Vec::new();
        }
        rooms.filter(|room| latest.get(room).is_some_and(|latest| *latest > since)).collect()
    }

    /// All rooms with a change kept in memory after `since`.
    #[must_use]
    pub fn ephemeral_rooms(&self, since: u64) -> Vec<RoomNum> {
        if self.ephemeral_serial() <= since {
            return Vec::new();
        }
        let latest = self.ephemeral_rooms.lock();
        latest.iter().filter(|(_, serial)| **serial > since).map(|(room, _)| *room).collect()
    }

    /// Starts to listen for what concerns `user`, who sees the changes of `rooms`.
    ///
    /// `rooms` is asked under the hub's lock, so that a membership published meanwhile is not missed.
    #[must_use]
    pub fn listen<R>(&self, user: UserNum, rooms: impl FnOnce() -> R) -> Listener
    where
        R: IntoIterator<Item = RoomNum>,
    {
        let mut wakers = self.wakers.lock();
        let waker = wakers.users.get(&user).cloned().unwrap_or_else(|| {
            let waker = Arc::new(Waker {
                version: AtomicU64::new(0),
                notify: Notify::new(),
                waiting: AtomicU64::new(0),
                idle_sweeps: AtomicU64::new(0),
                rooms: Mutex::default(),
            });
            for room in rooms() {
                waker.rooms.lock().insert(room);
                wakers.rooms.entry(room).or_default().insert(user, Arc::clone(&waker));
            }
            wakers.users.insert(user, Arc::clone(&waker));
            waker
        });
        waker.waiting.fetch_add(1, Ordering::SeqCst);
        waker.idle_sweeps.store(0, Ordering::SeqCst);
        let seen = waker.version.load(Ordering::SeqCst);
        Listener { waker, seen }
    }

    /// Lets go of users who have not waited since the last few sweeps. Called once a minute.
    pub fn sweep(&self) {
        let mut wakers = self.wakers.lock();
        let mut gone = Vec::new();
        wakers.users.retain(|user, waker| {
            let waits = waker.waiting.load(Ordering::SeqCst) > 0;
            let sweeps = waker.idle_sweeps.fetch_add(1, Ordering::SeqCst);
            let stays = waits || sweeps < u64::from(IDLE_SWEEPS_MAX);
            if !stays {
                gone.push((*user, Arc::clone(waker)));
            }
            stays
        });
        for (user, waker) in gone {
            for room in waker.rooms.lock().iter() {
                wakers.forget(*room, user);
            }
        }
    }

    /// How many users are connected (or were, within the last sweeps).
    #[must_use]
    pub fn connected_users(&self) -> usize {
        self.wakers.lock().users.len()
    }

    fn record(&self, change: Change) {
        match change {
            Change::Room { position, room } => self.rooms.lock().raise(room, position),
            Change::User { position, user } => self.raise_user(user, position),
            Change::Membership { position, user, room, .. } => {
                self.rooms.lock().raise(room, position);
                self.raise_user(user, position);
                self.memberships.fetch_max(position, Ordering::SeqCst);
            }
            Change::RemoteMembership { position, room } => {
                self.rooms.lock().raise(room, position);
                self.memberships.fetch_max(position, Ordering::SeqCst);
            }
            Change::Presence { position, .. } => {
                self.presence.fetch_max(position, Ordering::SeqCst);
            }
            Change::Profile { position, .. } => {
                self.profiles.fetch_max(position, Ordering::SeqCst);
            }
            Change::DeviceList { position, .. } => {
                self.device_lists.fetch_max(position, Ordering::SeqCst);
            }
        }
    }

    fn raise_user(&self, user: UserNum, position: i64) {
        self.users.lock().raise(user, position);
    }

    fn wake(&self, change: Change) {
        match change {
            Change::Room { room, .. }
            | Change::RemoteMembership { room, .. }
            | Change::Presence { room, .. } => self.wake_room(room),
            Change::Profile { room, .. } | Change::DeviceList { room, .. } => {
                if let Some(room) = room {
                    self.wake_room(room);
                }
            }
            Change::User { user, .. } => self.wake_user(user),
            Change::Membership { user, room, follows, .. } => {
                self.wake_room(room);
                self.follow(user, room, follows);
                self.wake_user(user);
            }
        }
    }

    fn wake_room(&self, room: RoomNum) {
        if let Some(wakers) = self.wakers.lock().rooms.get(&room) {
            for waker in wakers.values() {
                waker.wake();
            }
        }
    }

    fn wake_user(&self, user: UserNum) {
        if let Some(waker) = self.wakers.lock().users.get(&user) {
            waker.wake();
        }
    }

    fn follow(&self, user: UserNum, room: RoomNum, follows: bool) {
        let mut wakers = self.wakers.lock();
        let Some(waker) = wakers.users.get(&user).cloned() else { return };
        if follows {
            waker.rooms.lock().insert(room);
            wakers.rooms.entry(room).or_default().insert(user, waker);
        } else {
            waker.rooms.lock().remove(&room);
            wakers.forget(room, user);
        }
    }
}

impl Wakers {
    fn forget(&mut self, room: RoomNum, user: UserNum) {
        if let Some(users) = self.rooms.get_mut(&room) {
            users.remove(&user);
            if users.is_empty() {
                self.rooms.remove(&room);
            }
        }
    }
}

/// One request that may wait. Dropping it ends its interest.
pub struct Listener {
    waker: Arc<Waker>,
    seen: u64,
}

impl Listener {
    /// Waits until something that concerns the user has changed since the listener was made, or since the last call.
    ///
    /// A change between the two is not missed; a wake-up may be for something that the reader does not show.
    pub async fn changed(&mut self) {
        loop {
            let notified = self.waker.notify.notified();
            tokio::pin!(notified);
            notified.as_mut().enable();
            let version = self.waker.version.load(Ordering::SeqCst);
            if version != self.seen {
                self.seen = version;
                return;
            }
            notified.await;
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.waker.waiting.fetch_sub(1, Ordering::SeqCst);
    }
}
