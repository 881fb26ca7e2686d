//! The rooms of this server: where they are kept in memory, and how they are found.
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use parking_lot::RwLock;
use protocol::{
    RoomVersion,
    ids::{EventId, OwnedUserId, RoomId, ServerName, UserId},
    signing::Signer,
};
use store::{
    EventNum, RoomNum, StateKeyNum, Store, UserNum, events,
    memberships::{self as table, Membership},
    state_changes::{self, StateChange},
};

use crate::{
    delayed::Waiting,
    draft::Submission,
    error::{Error, Result},
    event::Event,
    event_cache::EventCache,
    histories::{Histories, History},
    memberships::{Memberships, UserRooms},
    notifications::NotificationRules,
    retention::Retention,
    room::Room,
    sticky::Sticky,
    typing::Typing,
    visibility::{HistoryVisibility, View},
    writer,
};

/// What an administrator can set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The version of new rooms that ask for none.
    pub default_version: RoomVersion,
    /// The user whom the server speaks as, if it does.
    pub notices_user: Option<OwnedUserId>,
    /// When messages expire; never, if there is none.
    pub retention: Option<Retention>,
    /// How many bytes of rooms are kept in memory.
    pub room_cache_bytes: usize,
    /// How many bytes of events are kept in memory.
    pub event_cache_bytes: usize,
    /// For how long (ms) events can be delayed; 0: not at all.
    pub delay_ms_max: i64,
    /// How many delayed events of a user can wait at the same time.
    pub delayed_per_user_max: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            default_version: RoomVersion::DEFAULT,
            notices_user: None,
            retention: None,
            room_cache_bytes: 48 << 20,
            event_cache_bytes: 16 << 20,
            delay_ms_max: 86_400_000,
            delayed_per_user_max: 100,
        }
    }
}

/// The rooms service.
pub struct Rooms {
    pub(crate) store: Store,
    pub(crate) signer: Arc<Signer>,
    pub(crate) settings: Settings,
    pub(crate) notifications: Arc<dyn NotificationRules>,
    pub(crate) events: EventCache,
    pub(crate) memberships: Memberships,
    pub(crate) typing: Typing,
    /// Counts the aliases that were given to rooms that exist, and taken from them.
    pub(crate) alias_changes: AtomicU64,
    pub(crate) delayed: Waiting,
    pub(crate) sticky: Sticky,
    memberships_of: Histories<Membership>,
    visibilities_of: Histories<HistoryVisibility>,
    /// When the last room was created (Unix ms): see `create_room`.
    pub(crate) last_created: AtomicI64,
    /// Somebody has asked for a job: see `jobs`.
    pub(crate) jobs_added: tokio::sync::Notify,
    active: RwLock<HashMap<RoomNum, Arc<Room>>>,
}

impl Rooms {
    /// The service. `notifications` classifies every event before it is committed.
    #[must_use]
    pub fn new(
        store: Store,
        signer: Arc<Signer>,
        settings: Settings,
        notifications: Arc<dyn NotificationRules>,
    ) -> Arc<Self> {
        let events = EventCache::new(settings.event_cache_bytes);
        Arc::new(Self {
            store,
            signer,
            settings,
            notifications,
            events,
            memberships: Memberships::default(),
            typing: Typing::default(),
            alias_changes: AtomicU64::new(0),
            delayed: Waiting::default(),
            sticky: Sticky::default(),
            memberships_of: Histories::default(),
            visibilities_of: Histories::default(),
            last_created: AtomicI64::new(0),
            jobs_added: tokio::sync::Notify::new(),
            active: RwLock::default(),
        })
    }

    /// This server's name.
    #[must_use]
    pub fn server_name(&self) -> &ServerName {
        self.signer.server_name()
    }

    /// What the service is built on.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// The version of new rooms that ask for none.
    #[must_use]
    pub fn default_version(&self) -> RoomVersion {
        self.settings.default_version
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.store.clock.now_ms()
    }

    /// The room with this id, if the server has it.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn find(&self, room_id: &RoomId) -> Result<Option<Arc<Room>>> {
        match self.store.interner.find_room(room_id).await? {
            Some(num) => self.by_number(num).await,
            None => Ok(None),
        }
    }

    /// The room with this id.
    ///
    /// # Errors
    /// [`Error::UnknownRoom`] if the server has none such.
    pub async fn room(&self, room_id: &RoomId) -> Result<Arc<Room>> {
        self.find(room_id).await?.ok_or(Error::UnknownRoom)
    }

    /// The room with this number, if the server has it.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn by_number(&self, num: RoomNum) -> Result<Option<Arc<Room>>> {
        if let Some(room) = self.active.read().get(&num) {
            room.used.store(self.store.clock.now_ms(), Ordering::Relaxed);
            return Ok(Some(Arc::clone(room)));
        }
        let Some(row) = store::rooms::find(&self.store.db, num).await? else { return Ok(None) };
        let version = RoomVersion::parse(&row.room_version)
            .ok_or_else(|| db::Error::inconsistent("rooms.room_version"))?;
        let room_id = self.store.interner.room_id(num).await?;
        Ok(Some(self.activate(Room::new(room_id, num, version))))
    }

    /// Keeps `room` in memory, unless somebody else has put it there meanwhile.
    pub(crate) fn activate(&self, room: Room) -> Arc<Room> {
        room.used.store(self.store.clock.now_ms(), Ordering::Relaxed);
        let mut active = self.active.write();
        Arc::clone(active.entry(room.num).or_insert_with(|| Arc::new(room)))
    }

    /// Keeps a room in memory that was not known before.
    pub(crate) fn activate_shared(&self, room: &Arc<Room>) {
        self.active.write().entry(room.num).or_insert_with(|| Arc::clone(room));
    }

    /// Forgets a room whose creation has failed.
    pub(crate) fn deactivate(&self, room: &Room) {
        self.active.write().remove(&room.num);
    }

    /// Forgets what a write of `room` may have changed without memory's learning of it: it was broken off, or nobody knows
    /// what became of it.
    pub(crate) fn distrust(&self, room: &Room) {
        room.distrust();
        self.memberships.clear();
        // A redacted event may still be here as it was.
        self.events.clear();
    }

    /// Gives up the memory of rooms that have not been used for longest, down to the limit. Called once a minute.
    pub fn sweep(&self) {
        let mut rooms: Vec<_> = self.active.read().values().cloned().collect();
        rooms.sort_unstable_by_key(|room| std::cmp::Reverse(room.used.load(Ordering::Relaxed)));
        let mut bytes = 0_usize;
        for room in rooms {
            bytes = bytes.saturating_add(room.memory_bytes());
            if bytes > self.settings.room_cache_bytes {
                let mut active = self.active.write();
                // One reference here, one in the map: nobody else holds it or writes to it.
                if Arc::strong_count(&room) <= 2 {
                    active.remove(&room.num);
                }
            }
        }
    }

    /// Puts events into a room; all of them or none.
    ///
    /// # Errors
    /// See [`Error`]; nothing is stored then.
    pub async fn submit(
        self: &Arc<Self>,
        room: &Arc<Room>,
        submission: Submission,
    ) -> Result<Vec<Arc<Event>>> {
        writer::submit(self, room, submission).await
    }

    /// The event with this id, whoever may see it.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn event(&self, event_id: &EventId) -> Result<Option<Arc<Event>>> {
        let Some(row) = events::find(&self.store.db, event_id).await? else { return Ok(None) };
        Ok(Some(self.keep(row).await?))
    }

    /// Whether `user` has sent this event.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn is_sender(&self, user: &UserId, event_id: &EventId) -> Result<bool> {
        let event = self.event(event_id).await?;
        Ok(event.is_some_and(|event| event.pdu.sender() == user))
    }

    /// The events with these numbers, in that order; one that is not stored is left out.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn events(&self, numbers: &[EventNum]) -> Result<Vec<Arc<Event>>> {
        let mut known: HashMap<EventNum, Arc<Event>> = HashMap::with_capacity(numbers.len());
        let mut missing = Vec::new();
        for num in numbers {
            match self.events.get(*num) {
                Some(event) => drop(known.insert(*num, event)),
                None => missing.push(*num),
            }
        }
        for row in events::by_numbers(&self.store.db, &missing).await? {
            known.insert(row.event_num, self.keep(row).await?);
        }
        Ok(numbers.iter().filter_map(|num| known.get(num).cloned()).collect())
    }

    pub(crate) async fn keep(&self, row: events::EventRow) -> Result<Arc<Event>> {
        if let Some(event) = self.events.get(row.event_num) {
            return Ok(event);
        }
        let room = self.by_number(row.room_num).await?.ok_or(Error::UnknownRoom)?;
        // Nothing may wait from here on: a redaction that is committed meanwhile has to win.
        Ok(self.events.get_or_insert(Event::from_row(row, room.version)?))
    }

    /// The rooms that a user has a place in, kept up to date while anybody holds it.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn rooms_of(&self, user: UserNum) -> db::Result<Arc<UserRooms>> {
        self.memberships.of(&self.store.db, user).await
    }

    /// The users who are joined to a room that `user` is joined to, themselves included.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn users_sharing_rooms_with(&self, user: UserNum) -> Result<Vec<UserNum>> {
        Ok(table::sharing_rooms_with(&self.store.db, user).await?)
    }

    /// What `user` may see of `room`.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn view(&self, room: &Room, user: &UserId) -> Result<View> {
        let user_num = self.store.interner.find_user(user).await?;
        let ignored = user_num.and_then(|user| self.store.ignores.of(user));
        let memberships = if self.has_forgotten(room, user_num).await? {
            History::default()
        } else {
            self.membership_history(room, user).await?
        };
        let visibility = self.state_key(room, "m.room.history_visibility", "").await?;
        let visibilities = match visibility {
            Some(key) => {
                let read = self.read_visibilities(room, key);
                self.visibilities_of.of((room.num, key), read).await?
            }
            None => History::default(),
        };
        let expired_before = self.expired_before(room).await?;
        Ok(View { memberships, visibilities, ignored, expired_before })
    }

    /// Whether `user` has forgotten the room: then they are as somebody who was never there.
    async fn has_forgotten(&self, room: &Room, user: Option<UserNum>) -> Result<bool> {
        let Some(user) = user else { return Ok(false) };
        let place = self.rooms_of(user).await?.get(room.num);
        Ok(place.is_some_and(|place| place.forgotten))
    }

    /// The number of a key that the room's state may have had.
    async fn state_key(
        &self,
        room: &Room,
        kind: &str,
        state_key: &str,
    ) -> Result<Option<StateKeyNum>> {
        // Nearly always the state has it still, and there it is found without a text's being copied.
        let now = room.facts(self).await?;
        let known = now.state.get(kind, state_key).and_then(|event| event.state_key_num);
        if known.is_some() {
            return Ok(known);
        }
        Ok(self.store.interner.find_state_key(kind, state_key).await?)
    }

    /// What a user was in `room` from each position on, oldest first.
    pub(crate) async fn membership_history(
        &self,
        room: &Room,
        user: &UserId,
    ) -> Result<History<Membership>> {
        let Some(key) = self.state_key(room, "m.room.member", user.as_str()).await? else {
            return Ok(History::default());
        };
        self.memberships_of.of((room.num, key), self.read_memberships(room, key)).await
    }

    async fn read_memberships(
        &self,
        room: &Room,
        key: StateKeyNum,
    ) -> Result<Vec<(i64, Membership)>> {
        let changes = self.changes_of(room, key).await?;
        let membership = |event: Option<Arc<Event>>| {
            event.and_then(|event| event.membership()).unwrap_or(Membership::Leave)
        };
        Ok(changes.into_iter().map(|(position, event)| (position, membership(event))).collect())
    }

    async fn read_visibilities(
        &self,
        room: &Room,
        key: StateKeyNum,
    ) -> Result<Vec<(i64, HistoryVisibility)>> {
        let changes = self.changes_of(room, key).await?;
        let visibility = |event: Option<Arc<Event>>| {
            event.map_or(HistoryVisibility::Shared, |event| HistoryVisibility::of(&event))
        };
        Ok(changes.into_iter().map(|(position, event)| (position, visibility(event))).collect())
    }

    async fn changes_of(
        &self,
        room: &Room,
        key: StateKeyNum,
    ) -> Result<Vec<(i64, Option<Arc<Event>>)>> {
        let changes = state_changes::of_key(&self.store.db, room.num, key).await?;
        let numbers: Vec<_> = changes.iter().filter_map(|change| change.event_num).collect();
        let events = self.events(&numbers).await?;
        let of =
            |num: Option<EventNum>| events.iter().find(|event| Some(event.num) == num).cloned();
        Ok(changes.iter().map(|change| (change.position, of(change.event_num))).collect())
    }

    /// The member event of `user` that was in force at `position`.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn member_at(
        &self,
        room: &Room,
        user: &UserId,
        position: i64,
    ) -> Result<Option<Arc<Event>>> {
        let Some(key) = self.state_key(room, "m.room.member", user.as_str()).await? else {
            return Ok(None);
        };
        let changes = self.changes_of(room, key).await?;
        let last = changes.into_iter().rev().find(|(from, _)| *from <= position);
        Ok(last.and_then(|(_, event)| event))
    }

    /// Forgets how a key came to be that has changed.
    pub(crate) fn forget_history(&self, room: RoomNum, key: StateKeyNum) {
        self.memberships_of.forget((room, key));
        self.visibilities_of.forget((room, key));
    }

    /// Forgets how all keys came to be: a room is gone.
    pub(crate) fn forget_histories(&self) {
        self.memberships_of.clear();
        self.visibilities_of.clear();
    }

    /// How the state of `room` has changed with `after < position <= until`, oldest first.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn state_changes(
        &self,
        room: &Room,
        after: i64,
        until: i64,
    ) -> Result<Vec<StateChange>> {
        if room.facts(self).await?.state_position <= after {
            return Ok(Vec::new());
        }
        Ok(state_changes::between(&self.store.db, room.num, after, until).await?)
    }
}
