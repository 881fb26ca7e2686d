//! Which events interest an application service ([spec]): all of a room in which one of its users is, or whose id or alias
//! is in its namespaces; and in any other room what its users do and what is done to them.
//!
//! What counts is who was in the room when the event was sent, not when it is delivered: whoever was away for a week gets
//! what they would have got in time. So the number of its users in a room is kept as of a position, and moved along the
//! changes of the room's state.
//!
//! [spec]: https://spec.matrix.org/v1.16/application-service-api/#registration
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use protocol::ids::UserId;
use rooms::{Event, Room, Rooms};
use store::{EventNum, RoomNum, aliases, memberships::Membership, state_changes};

use super::Error;
use crate::Registration;

/// How many rooms are known at the same time: about 100 bytes each.
const ROOMS_MAX: usize = 50_000;

/// What is known of rooms, as of a position that only moves forward.
pub(super) struct Interest {
    registration: Arc<Registration>,
    rooms: Arc<Rooms>,
    known: HashMap<RoomNum, Known>,
    /// Whether an alias of the room is in the namespaces, and as of which [`Rooms::alias_serial`].
    aliased: HashMap<RoomNum, (u64, bool)>,
}

/// A room as of `until`.
#[derive(Clone, Copy, Debug)]
struct Known {
    /// How many users of the application service are joined.
    joined: i64,
    until: i64,
}

/// Part of a room's timeline.
pub(super) struct Page {
    /// What interests the application service, oldest first.
    pub(super) events: Vec<Arc<Event>>,
    /// Up to where the timeline was looked at.
    pub(super) reached: i64,
}

impl Interest {
    pub(super) fn new(registration: Arc<Registration>, rooms: Arc<Rooms>) -> Self {
        Self { registration, rooms, known: HashMap::new(), aliased: HashMap::new() }
    }

    /// What interests the application service among the first `limit` events of a room behind `after`, up to `until`.
    pub(super) async fn page(
        &mut self,
        room: &Arc<Room>,
        after: i64,
        until: i64,
        limit: usize,
    ) -> Result<Page, Error> {
        let known = self.known(room, after).await?;
        let changes = self.changes(room, known.until.max(after), until).await?;
        let whole = self.follows_room(room).await?;
        if !whole && known.joined == 0 && changes.is_empty() {
            self.keep(room, Known { until, ..known });
            return Ok(Page { events: Vec::new(), reached: until });
        }
        let events = self.rooms.events_between(room, (after, until), limit).await?;
        let last = events.last().and_then(|event| event.position());
        let reached = last.filter(|_| events.len() == limit).unwrap_or(until);
        let mut changes = changes.into_iter().peekable();
        let mut joined = known.joined;
        let mut wanted = Vec::new();
        for event in events {
            let position = event.position().unwrap_or(0);
            while let Some((_, by)) = changes.next_if(|(at, _)| *at < position) {
                joined += by;
            }
            if whole || joined > 0 || self.concerns(&event) {
                wanted.push(event);
            }
        }
        while let Some((_, by)) = changes.next_if(|(at, _)| *at <= reached) {
            joined += by;
        }
        self.keep(room, Known { joined, until: reached });
        Ok(Page { events: wanted, reached })
    }

    /// Whether all that happens in a room at `position` interests the application service. Of a room whose timeline was
    /// looked at further, the answer is that of there.
    pub(super) async fn has(&mut self, room: &Arc<Room>, position: i64) -> Result<bool, Error> {
        if self.follows_room(room).await? {
            return Ok(true);
        }
        let known = self.known(room, position).await?;
        let changes = self.changes(room, known.until, position).await?;
        let joined = known.joined + changes.iter().map(|(_, by)| by).sum::<i64>();
        self.keep(room, Known { joined, until: known.until.max(position) });
        Ok(joined > 0)
    }

    fn keep(&mut self, room: &Room, known: Known) {
        if self.known.len() >= ROOMS_MAX {
            self.known.clear();
        }
        self.known.insert(room.num, known);
    }

    /// Whether the room's id or one of its aliases is in the namespaces.
    async fn follows_room(&mut self, room: &Room) -> Result<bool, Error> {
        let namespaces = &self.registration.namespaces;
        if namespaces.has_room(&room.id) {
            return Ok(true);
        }
        if namespaces.aliases.is_empty() {
            return Ok(false);
        }
        let serial = self.rooms.alias_serial();
        if let Some((as_of, aliased)) = self.aliased.get(&room.num)
            && *as_of == serial
        {
            return Ok(*aliased);
        }
        let names = aliases::of_room(&self.rooms.store().db, room.num).await?;
        let aliased = names.iter().any(|alias| namespaces.has_alias(alias));
        if self.aliased.len() >= ROOMS_MAX {
            self.aliased.clear();
        }
        self.aliased.insert(room.num, (serial, aliased));
        Ok(aliased)
    }

    /// Whether the event is by one of the application service's users, or is their membership.
    fn concerns(&self, event: &Event) -> bool {
        let target = self.member(event);
        self.registration.follows(event.pdu.sender()) || target
    }

    /// Whether the event is the membership of one of the application service's users.
    fn member(&self, event: &Event) -> bool {
        let target = event.pdu.state_key().filter(|_| event.pdu.kind() == "m.room.member");
        target
            .and_then(|user| UserId::parse(user).ok())
            .is_some_and(|user| self.registration.follows(&user))
    }

    async fn known(&self, room: &Arc<Room>, at: i64) -> Result<Known, Error> {
        match self.known.get(&room.num) {
            Some(known) => Ok(*known),
            None => self.count(room, at).await,
        }
    }

    /// Counts the users of the application service who were joined at a position: those of now, and back from there.
    async fn count(&self, room: &Arc<Room>, at: i64) -> Result<Known, Error> {
        let facts = room.facts(&self.rooms).await?;
        let members = facts.state.of_type("m.room.member");
        let joined = members.filter(|(_, event)| self.counts(event)).count();
        let joined = i64::try_from(joined).unwrap_or(i64::MAX);
        let since = self.changes(room, at, facts.state_position).await?;
        let since: i64 = since.iter().map(|(_, by)| by).sum();
        Ok(Known { joined: joined - since, until: at })
    }

    /// By how much the number of joined users of the application service changed at which position. A position at which
    /// the state changed in another way counts, with 0: an event there can be about such a user.
    async fn changes(&self, room: &Room, after: i64, until: i64) -> Result<Vec<(i64, i64)>, Error> {
        if after >= until || room.facts(&self.rooms).await?.state_position <= after {
            return Ok(Vec::new());
        }
        let changes =
            state_changes::between(&self.rooms.store().db, room.num, after, until).await?;
        let both = changes.iter().flat_map(|change| [change.event_num, change.replaced]);
        let numbers: Vec<EventNum> = both.flatten().collect();
        let events = self.rooms.events(&numbers).await?;
        let joined: HashSet<EventNum> =
            events.iter().filter(|event| self.counts(event)).map(|event| event.num).collect();
        let is_joined =
            |num: Option<EventNum>| i64::from(num.is_some_and(|num| joined.contains(&num)));
        let by = |change: &state_changes::StateChange| {
            (change.position, is_joined(change.event_num) - is_joined(change.replaced))
        };
        Ok(changes.iter().map(by).collect())
    }

    /// Whether the event makes one of the application service's users a member.
    fn counts(&self, event: &Event) -> bool {
        event.membership() == Some(Membership::Join) && self.member(event)
    }
}
