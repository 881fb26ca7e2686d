//! What has happened since the last transaction, in the order in which it did.
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use rooms::{Event, Rooms};
use store::{RoomNum, Store};

use super::{Error, interest::Interest};

/// How many events of a room are read at once. They are kept until they are delivered, for every room with something new.
const PAGE_EVENTS: usize = 16;

/// The rooms with something new, each at its next event.
pub(super) struct Backlog {
    store: Store,
    rooms: Arc<Rooms>,
    pub(super) interest: Interest,
    /// Whether rooms count in which there is nothing new but receipts.
    with_receipts: bool,
    /// All that has happened up to here is in `heads`.
    until: i64,
    heads: BTreeMap<(i64, RoomNum), Head>,
    /// Every room in which something has happened that is not delivered yet.
    changed: BTreeSet<RoomNum>,
}

/// The next events of a room. Where it stands says that there is none before.
struct Head {
    events: VecDeque<Arc<Event>>,
    /// Up to where the timeline was read.
    reached: i64,
}

impl Backlog {
    /// What happens behind `position`.
    pub(super) fn new(
        store: Store,
        rooms: Arc<Rooms>,
        interest: Interest,
        position: i64,
        with_receipts: bool,
    ) -> Self {
        Self {
            store,
            rooms,
            interest,
            with_receipts,
            until: position,
            heads: BTreeMap::new(),
            changed: BTreeSet::new(),
        }
    }

    /// Notes what has happened up to `until`. Everything up to `delivered` is done with.
    pub(super) async fn extend(&mut self, delivered: i64, until: i64) -> Result<(), Error> {
        if until <= self.until {
            return Ok(());
        }
        if delivered >= self.until {
            self.changed.clear();
        }
        let waiting: BTreeSet<RoomNum> = self.heads.keys().map(|(_, room)| *room).collect();
        for room in self.rooms_since(self.until).await? {
            self.changed.insert(room);
            if !waiting.contains(&room) {
                let head = Head { events: VecDeque::new(), reached: self.until };
                self.heads.insert((self.until.saturating_add(1), room), head);
            }
        }
        self.until = until;
        Ok(())
    }

    async fn rooms_since(&self, since: i64) -> Result<Vec<RoomNum>, Error> {
        if let Some(rooms) = self.store.changes.changed_rooms(since, usize::MAX) {
            return Ok(rooms);
        }
        let mut rooms = store::rooms::changed_after(&self.store.db, since).await?;
        if self.with_receipts {
            rooms.extend(store::receipts::rooms_after(&self.store.db, since).await?);
        }
        Ok(rooms)
    }

    /// Takes the next events, at most `limit`, and none behind `until`. Also the position up to which there is no other
    /// one.
    pub(super) async fn take(
        &mut self,
        limit: usize,
        until: i64,
    ) -> Result<(Vec<Arc<Event>>, i64), Error> {
        let until = until.min(self.until);
        let mut taken = Vec::new();
        while let Some(((at, room), mut head)) = self.heads.pop_first() {
            if at > until || taken.len() >= limit {
                self.heads.insert((at, room), head);
                break;
            }
            // A head without events stands where there may be one.
            if head.events.is_empty() {
                if let Err(error) = self.read(room, &mut head).await {
                    self.heads.insert((at, room), head);
                    return Err(error);
                }
            } else if let Some(event) = head.events.pop_front() {
                taken.push(event);
            }
            self.put_back(room, head);
        }
        let last = taken.last().and_then(|event| event.position());
        Ok((taken, if self.heads.is_empty() { until } else { self.bound(last, until) }))
    }

    /// Up to where everything has been taken: to before the next one, but not behind `until`.
    fn bound(&self, last: Option<i64>, until: i64) -> i64 {
        let next = self.heads.first_key_value().map(|((at, _), _)| at.saturating_sub(1));
        let bound = next.map_or(until, |next| next.min(until));
        last.map_or(bound, |last| bound.max(last))
    }

    async fn read(&mut self, room: RoomNum, head: &mut Head) -> Result<(), Error> {
        let Some(room) = self.rooms.by_number(room).await? else {
            head.reached = self.until;
            return Ok(());
        };
        let page = self.interest.page(&room, head.reached, self.until, PAGE_EVENTS).await?;
        head.events = page.events.into();
        head.reached = page.reached;
        Ok(())
    }

    fn put_back(&mut self, room: RoomNum, head: Head) {
        let next = head.events.front().and_then(|event| event.position());
        let rest = (head.reached < self.until).then(|| head.reached.saturating_add(1));
        if let Some(at) = next.or(rest) {
            self.heads.insert((at, room), head);
        }
    }

    /// The rooms in which something has happened lately.
    pub(super) fn changed(&self) -> impl Iterator<Item = RoomNum> {
        self.changed.iter().copied()
    }
}
