//! A room that somebody has used lately: its facts, and what waits to be written to it.
use std::sync::{Arc, atomic::AtomicI64};

use parking_lot::RwLock;
use protocol::{
    RoomVersion,
    ids::{OwnedEventId, OwnedRoomId},
};
use store::{EventNum, RoomNum, current_state, state_versions};

use crate::{
    error::Result, event::Event, facts::Facts, service::Rooms, state::RoomState, writer::Queue,
};
use store::memberships::Membership;

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
    facts: RwLock<Option<Arc<Facts>>>,
    loading: tokio::sync::Mutex<()>,
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
            facts: RwLock::new(None),
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
        if let Some(facts) = self.facts.read().clone() {
            return Ok(facts);
        }
        let _loading = self.loading.lock().await;
        if let Some(facts) = self.facts.read().clone() {
            return Ok(facts);
        }
        let facts = Arc::new(self.read(rooms).await?);
        self.set(Arc::clone(&facts));
        Ok(facts)
    }

    pub(crate) fn set(&self, facts: Arc<Facts>) {
        *self.facts.write() = Some(facts);
    }

    /// Forgets the facts: they may not be what is stored.
    pub(crate) fn distrust(&self) {
        *self.facts.write() = None;
    }

    /// The bytes it occupies in memory, about.
    pub(crate) fn memory_bytes(&self) -> usize {
        size_of::<Self>() + self.facts.read().as_ref().map_or(0, |facts| facts.memory_bytes())
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
            creator_num: row.creator_num,
            state,
            joined,
            invited,
            head: row.head,
            extremity_ids,
            weight,
            last_position: row.last_position,
            bump_position: row.bump_position,
        })
    }
}

impl std::fmt::Debug for Room {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Room({})", self.id)
    }
}
