//! Sticky events ([MSC4354]): every member is told of them for a while, however much is sent after them. The clients of a
//! call say so that they are in it.
//!
//! Invariant: memory has every event that is sticky: few are, and every sync asks for them.
//!
//! [MSC4354]: https://github.com/matrix-org/matrix-spec-proposals/pull/4354
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use db::{Value, Write};
use parking_lot::RwLock;
use protocol::Pdu;
use store::{EventNum, RoomNum, sticky_events as table};
use tokio::sync::OnceCell;

use crate::{error::Result, event::Event, room::Room, service::Rooms, visibility::View};

/// For how long (ms) an event can be sticky; more is cut.
pub const STICKY_MS_MAX: i64 = 3_600_000;

/// The sticky events of all rooms.
#[derive(Default)]
pub(crate) struct Sticky {
    rooms: RwLock<HashMap<RoomNum, BTreeMap<i64, Entry>>>,
    loaded: OnceCell<()>,
}

#[derive(Clone, Copy)]
struct Entry {
    event: EventNum,
    expires_ts: i64,
}

/// Until when (Unix ms) an event is sticky that came in at `received_ts`; none if it never was.
#[must_use]
pub(crate) fn sticky_until(pdu: &Pdu, received_ts: i64) -> Option<i64> {
    let duration = pdu.sticky_duration_ms()?.clamp(0, STICKY_MS_MAX);
    // Nobody makes it last by a clock that is ahead.
    Some(pdu.origin_server_ts().min(received_ts).saturating_add(duration))
}

impl Sticky {
    fn add(&self, room: RoomNum, position: i64, entry: Entry, now_ms: i64) {
        let mut rooms = self.rooms.write();
        let events = rooms.entry(room).or_default();
        events.retain(|_, entry| entry.expires_ts > now_ms);
        events.insert(position, entry);
    }
}

impl Rooms {
    /// Adds the row of an event that is sticky to the write that stores it.
    pub(crate) fn record_sticky(&self, event: &Event, position: &Value, write: &mut Write) {
        let now = self.now_ms();
        if let Some(until) = sticky_until(&event.pdu, now).filter(|until| *until > now) {
            table::insert(write, event.room_num, position.clone(), event.num, until, now);
        }
    }

    /// An event was committed: if it is sticky, it is told from now on.
    pub(crate) fn remember_sticky(&self, event: &Event) {
        let now = self.now_ms();
        let until = sticky_until(&event.pdu, now).filter(|until| *until > now);
        if let (Some(expires_ts), Some(position)) = (until, event.position()) {
            let entry = Entry { event: event.num, expires_ts };
            self.sticky.add(event.room_num, position, entry, now);
        }
    }

    async fn load_sticky(&self) -> db::Result<()> {
        let load = || async {
            let now = self.now_ms();
            for row in table::all(&self.store.db, now).await? {
                let entry = Entry { event: row.event_num, expires_ts: row.expires_ts };
                self.sticky.add(row.room_num, row.position, entry, now);
            }
            Ok::<(), db::Error>(())
        };
        self.sticky.loaded.get_or_try_init(load).await?;
        Ok(())
    }

    /// The rooms in which something is sticky.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn rooms_with_sticky_events(&self) -> Result<Vec<RoomNum>> {
        self.load_sticky().await?;
        let now = self.now_ms();
        let mut rooms = self.sticky.rooms.write();
        rooms.retain(|_, events| {
            events.retain(|_, entry| entry.expires_ts > now);
            !events.is_empty()
        });
        Ok(rooms.keys().copied().collect())
    }

    /// The sticky events of a room with `after < position <= until` that `view` shows as such, oldest first.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn sticky_events(
        &self,
        room: &Room,
        view: &View,
        (after, until): (i64, i64),
    ) -> Result<Vec<Arc<Event>>> {
        self.load_sticky().await?;
        let now = self.now_ms();
        let numbers: Vec<EventNum> = {
            let rooms = self.sticky.rooms.read();
            let Some(events) = rooms.get(&room.num) else { return Ok(Vec::new()) };
            let entries = events.iter().filter(|(position, entry)| {
                **position > after && **position <= until && entry.expires_ts > now
            });
            entries.map(|(_, entry)| entry.event).collect()
        };
        let mut events = self.events(&numbers).await?;
        // What is redacted says nothing any more.
        events.retain(|event| event.redacted_by.is_none() && view.shows_sticky(event));
        Ok(events)
    }
}
