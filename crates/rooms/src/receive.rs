//! Events of other servers: the rest of their way, after [`protocol::signing::verify`] ([spec]).
//!
//! Authorized by its auth events and by the state before it, an event is part of the room; if the room's current state
//! would not have let it in, it is kept but not shown. What is not authorized is kept too, as rejected, so that it stays
//! so however often it comes again. The room's current state is what the states of its ends come to.
//!
//! Who fetches what is missing, and keeps what waits for it, is the caller's business.
//!
//! Invariant: only a [`Verified`] event gets here.
//!
//! [spec]: https://spec.matrix.org/v1.16/server-server-api/#checks-performed-on-receipt-of-a-pdu
use std::sync::Arc;

use event_auth::Denied;
use protocol::{
    Pdu,
    ids::{EventId, OwnedEventId},
    signing::Verified,
};
use store::{
    EventNum,
    events::{self, EventRow, Status},
};

use crate::{
    error::{Error, Result},
    facts::Facts,
    room::Room,
    service::Rooms,
};

mod judge;
mod merge;
mod record;
mod rows;

use self::judge::Judged;

/// How often it is tried to store an event while somebody else moves the room.
const ATTEMPTS_MAX: u32 = 5;

/// What became of an event.
#[derive(Debug)]
pub enum Received {
    /// It is stored now.
    Stored {
        /// As what.
        status: Status,
        /// Why it was rejected or soft-failed.
        why: Option<Denied>,
    },
    /// It was stored before, and stays what it was.
    Known(Status),
    /// These events have to come first.
    Missing(Vec<OwnedEventId>),
}

impl Rooms {
    /// Takes in an event of another server. The event that creates a room makes the room known here: whether this server
    /// has a part in it is for the caller to know.
    ///
    /// # Errors
    /// [`Error::UnknownRoom`] for a room that is not known, [`Error::BadContent`] for an event that cannot be of that
    /// room. Nothing is stored then.
    pub async fn receive(self: &Arc<Self>, event: Verified<Pdu>) -> Result<Received> {
        let rooms = Arc::clone(self);
        // A task of its own: whoever hands in the event may not wait for the end.
        let task = tokio::spawn(async move { rooms.take_in(&event).await });
        task.await.unwrap_or(Err(Error::Stopped))
    }

    async fn take_in(self: &Arc<Self>, event: &Verified<Pdu>) -> Result<Received> {
        let (room, is_new) = match self.find(event.room_id()).await? {
            Some(room) => (room, false),
            None => (Arc::new(self.begin(event).await?), true),
        };
        let _writing = room.writing.lock().await;
        // What is known of the room may be wrong if this ends in a panic.
        let mut distrust = Distrust { rooms: self, room: Some(&room) };
        let mut result = Err(Error::Contended);
        for _ in 0..ATTEMPTS_MAX {
            result = self.take_into(&room, event).await;
            if !matches!(result, Err(Error::Contended)) {
                break;
            }
            self.store.interner.forget_unconfirmed();
            if is_new {
                // Somebody else has made it meanwhile.
                return Err(Error::Contended);
            }
            room.distrust();
        }
        let unknown = |error: &Error| matches!(error, Error::Storage(e) if e.outcome_unknown());
        if !result.as_ref().is_err_and(unknown) {
            distrust.room = None;
        }
        result
    }

    async fn take_into(self: &Arc<Self>, room: &Arc<Room>, event: &Pdu) -> Result<Received> {
        if let Some(known) = events::find(&self.store.db, event.event_id()).await? {
            return Ok(Received::Known(known.status));
        }
        let facts = room.load(self).await?;
        check_belongs(event, &facts)?;
        let parents = match self.rows(event.prev_events()).await? {
            Ok(rows) => rows,
            Err(missing) => return Ok(Received::Missing(missing)),
        };
        let allowing = match self.rows(event.auth_events()).await? {
            Ok(rows) => rows,
            Err(missing) => return Ok(Received::Missing(missing)),
        };
        if parents.iter().any(|parent| parent.room_num != facts.room_num) {
            return Err(Error::BadContent("an event that follows one of another room".into()));
        }
        let judged = self.judge(&facts, event, &parents, allowing).await?;
        let Judged { status, why, before } = judged;
        let ends = record::Ends::behind(&facts, &parents);
        self.record(room, &facts, event, status, before, ends).await?;
        Ok(Received::Stored { status, why })
    }

    /// The stored events with these ids, in that order, or the ids of those that are not stored.
    async fn rows<'a>(
        &self,
        ids: impl Iterator<Item = &'a EventId>,
    ) -> Result<std::result::Result<Vec<EventRow>, Vec<OwnedEventId>>> {
        let ids: Vec<OwnedEventId> = ids.map(ToOwned::to_owned).collect();
        let rows = events::by_ids(&self.store.db, &ids).await?;
        let missing: Vec<_> =
            ids.into_iter().filter(|id| !rows.iter().any(|row| row.event_id == *id)).collect();
        Ok(if missing.is_empty() { Ok(rows) } else { Err(missing) })
    }

    /// A room that this event creates.
    async fn begin(self: &Arc<Self>, event: &Pdu) -> Result<Room> {
        if !event.is_state("m.room.create", "") {
            return Err(Error::UnknownRoom);
        }
        let room_id = event.room_id().to_owned();
        let room_num = self.store.interner.next_room().await?;
        let room = Room::new(room_id.clone(), room_num, event.room_version());
        let mut facts = Facts::empty(room_id, event.room_version(), self.now_ms());
        facts.room_num = room_num;
        room.set(Arc::new(facts));
        Ok(room)
    }
}

/// Whether the event can be of the room at all. A second beginning of a room is none.
fn check_belongs(event: &Pdu, facts: &Facts) -> Result<()> {
    let refused = |why: &str| Err(Error::BadContent(why.to_owned()));
    if event.room_version() != facts.version {
        return refused("an event of another room version");
    }
    let begins = event.prev_events().next().is_none();
    if begins != facts.state.is_empty() {
        return refused("an event that follows nothing in a room that has begun");
    }
    if event.is_state("m.room.create", "") != begins {
        return refused("a room begins with its create event, and only once");
    }
    Ok(())
}

/// Makes a room read what is stored when it is dropped.
struct Distrust<'a> {
    rooms: &'a Rooms,
    room: Option<&'a Arc<Room>>,
}

impl Drop for Distrust<'_> {
    fn drop(&mut self) {
        if let Some(room) = self.room {
            self.rooms.distrust(room);
        }
    }
}

/// The numbers of the events of a state.
pub(crate) fn numbers_of(facts: &Facts) -> store::state_versions::StateMap {
    let numbers = facts.state.iter().filter_map(|event| Some((event.state_key_num?, event.num)));
    numbers.collect::<std::collections::BTreeMap<_, EventNum>>()
}
