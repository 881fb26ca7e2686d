//! A room that somebody has used lately: its facts, and what waits to be written to it.
use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use parking_lot::RwLock;
use protocol::{
    RoomVersion,
    ids::{OwnedEventId, OwnedRoomId},
};
use store::{
    EventNum, RoomNum, current_state, memberships::Membership, relations::RelatedBy, state_changes,
    state_versions,
};

use crate::{
    error::Result, event::Event, event_cache::EventCache, facts::Facts, receipts::LastReceipt,
    recent::Recent, service::Rooms, state::RoomState, timeline::Range, writer::Queue,
};

/// A room. Its facts are loaded when they are first needed and replaced with every event.
pub struct Room {
    /// The room's id.
    pub id: OwnedRoomId,
    /// Its number.
    pub num: RoomNum,
    /// Its version.
    pub version: RoomVersion,
    pub(crate) queue: Queue,
    /// When it was last asked for (Unix ms).
    pub(crate) used: AtomicI64,
    /// Held by whoever writes to the room on this node: its writer, or an event of another server.
    pub(crate) writing: tokio::sync::Mutex<()>,
    pub(crate) last_receipt: LastReceipt,
    /// Counts how often events were purged: what was read before is not kept after.
    purges: AtomicU64,
    known: RwLock<Option<Known>>,
    loading: tokio::sync::Mutex<()>,
}

/// What is known of the room while it is in use.
struct Known {
    facts: Arc<Facts>,
    recent: Recent,
}

impl Room {
    pub(crate) fn new(id: OwnedRoomId, num: RoomNum, version: RoomVersion) -> Self {
        Self {
            id,
            num,
            version,
            queue: Queue::default(),
            used: AtomicI64::new(0),
            writing: tokio::sync::Mutex::default(),
            last_receipt: LastReceipt::default(),
            purges: AtomicU64::new(0),
            known: RwLock::new(None),
            loading: tokio::sync::Mutex::default(),
        }
    }

    /// The room as it is now.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn facts(&self, rooms: &Rooms) -> Result<Arc<Facts>> {
        Ok(self.load(rooms).await?)
    }

    pub(crate) async fn load(&self, rooms: &Rooms) -> db::Result<Arc<Facts>> {
        if let Some(facts) = self.known_facts() {
            return Ok(facts);
        }
        let _loading = self.loading.lock().await;
        if let Some(facts) = self.known_facts() {
            return Ok(facts);
        }
        let facts = Arc::new(self.read(rooms).await?);
        self.set(Arc::clone(&facts));
        Ok(facts)
    }

    /// Whether nothing of it is stored yet: what is known of it can't be read.
    pub(crate) fn is_new(&self) -> bool {
        self.known_facts().is_some_and(|facts| facts.state.is_empty())
    }

    fn known_facts(&self) -> Option<Arc<Facts>> {
        self.known.read().as_ref().map(|known| Arc::clone(&known.facts))
    }

    pub(crate) fn set(&self, facts: Arc<Facts>) {
        let recent = Recent::behind(facts.last_position);
        *self.known.write() = Some(Known { facts, recent });
    }

    /// Moves on to what was committed: `facts` is the room behind `events`.
    pub(crate) fn apply(&self, facts: Arc<Facts>, events: Vec<Arc<Event>>) {
        let mut known = self.known.write();
        if let Some(known) = known.as_mut() {
            known.facts = facts;
            for event in events {
                known.recent.push(event);
            }
        } else {
            let recent = Recent::behind(facts.last_position);
            *known = Some(Known { facts, recent });
        }
    }

    /// Puts a redacted event in the place of what it was made of.
    pub(crate) fn replace(&self, redacted: &Arc<Event>) {
        if let Some(known) = self.known.write().as_mut() {
            known.recent.replace(redacted);
        }
    }

    /// Notes that an event is related to in these ways as well.
    pub(crate) fn add_related_by(&self, event: EventNum, added: RelatedBy) {
        if let Some(known) = self.known.read().as_ref()
            && let Some(event) = known.recent.get(event)
        {
            event.add_related_by(added);
        }
    }

    /// At most `limit` events of `range`, if the room has all of them in memory.
    pub(crate) fn recent(&self, range: Range, limit: usize) -> Option<Vec<Arc<Event>>> {
        self.known.read().as_ref()?.recent.find(range, limit)
    }

    /// Keeps what was read of the timeline up to the position `until`, newest first, unless events were purged since
    /// [`Self::purges`] was `purges`.
    pub(crate) fn remember(
        &self,
        page: &[Arc<Event>],
        until: i64,
        cache: &EventCache,
        purges: u64,
    ) {
        let mut known = self.known.write();
        if let Some(known) = known.as_mut().filter(|_| self.purges() == purges) {
            known.recent.extend_back(page, until, cache);
        }
    }

    /// Another number whenever events were purged.
    pub(crate) fn purges(&self) -> u64 {
        self.purges.load(Ordering::SeqCst)
    }

    /// Forgets events that are stored no more.
    pub(crate) fn forget_events(&self, gone: &HashSet<EventNum>) {
        self.purges.fetch_add(1, Ordering::SeqCst);
        if let Some(known) = self.known.write().as_mut() {
            known.recent.remove(gone);
        }
    }

    /// Forgets what is known: it may not be what is stored.
    pub(crate) fn distrust(&self) {
        *self.known.write() = None;
    }

    /// The bytes it occupies in memory, about.
    pub(crate) fn memory_bytes(&self) -> usize {
        let known = self.known.read();
        let bytes = |known: &Known| known.facts.memory_bytes() + known.recent.memory_bytes();
        size_of::<Self>() + known.as_ref().map_or(0, bytes)
    }

    async fn read(&self, rooms: &Rooms) -> db::Result<Facts> {
        let snapshot = rooms.store.db.snapshot().await?;
        let row = store::rooms::find(&snapshot, self.num)
            .await?
            .ok_or_else(|| db::Error::inconsistent("a room without its row"))?;
        let mut state = RoomState::default();
        let (mut joined, mut invited) = (0, 0);
        for row in current_state::all(&snapshot, self.num).await? {
            let event = Event::from_row(row, self.version)?;
            match event.membership() {
                Some(Membership::Join) => joined += 1,
                Some(Membership::Invite) => invited += 1,
                _ => {}
            }
            state.set(event);
        }
        let (_, weight) = state_versions::parent(&snapshot, row.head.state_version).await?;
        let extremities = store::events::by_numbers(&snapshot, &row.head.extremities).await?;
        let mut extremity_ids: Vec<(EventNum, OwnedEventId)> =
            extremities.iter().map(|row| (row.event_num, row.event_id.clone())).collect();
        extremity_ids.sort_unstable();
        Ok(Facts {
            room_id: self.id.clone(),
            room_num: self.num,
            version: self.version,
            created_ts: row.created_ts,
            state,
            joined,
            invited,
            head: row.head,
            extremity_ids,
            weight,
            last_position: row.last_position,
            bump_position: row.bump_position,
            state_position: state_changes::last_position(&snapshot, self.num).await?,
        })
    }
}

impl std::fmt::Debug for Room {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Room({})", self.id)
    }
}
