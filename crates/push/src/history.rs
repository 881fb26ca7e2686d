//! What a user was notified of ([spec]).
//!
//! Nothing is stored for it: the timelines of the user's rooms are read backwards, from the newest event on, and the
//! user's rules asked about each event, as they and the rooms are now.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3notifications
use std::{
    collections::{BTreeMap, BinaryHeap, HashMap},
    sync::Arc,
};

use protocol::{ids::UserId, push::Action};
use rooms::{Event, Room, Rooms, View};
use store::{
    RoomNum, UserNum,
    memberships::{self, Membership},
    read_marks::{self, Part},
};

use crate::{Push, audiences::Prepared, evaluation};

/// How many events are looked at for one page at most: somebody whom nothing notifies must not read all their rooms.
const SCANNED_MAX: usize = 2_000;

/// How many events of a room are read at once.
const READ_AT_ONCE: usize = 32;

/// An event that notified somebody.
#[derive(Clone, Debug)]
pub struct PastNotification {
    /// The event.
    pub event: Arc<Event>,
    /// Its room.
    pub room: Arc<Room>,
    /// What the rules want to be done.
    pub actions: Vec<Action>,
    /// Whether the user has read it.
    pub is_read: bool,
}

/// A page of what somebody was notified of.
#[derive(Clone, Debug, Default)]
pub struct History {
    /// The newest first.
    pub notifications: Vec<PastNotification>,
    /// The position before which the next page begins; none if there is nothing more.
    pub next: Option<i64>,
}

/// What of the history is wanted.
#[derive(Clone, Copy, Debug)]
pub struct HistoryQuery {
    /// Only what is before this position.
    pub before: i64,
    /// How many at most.
    pub limit: usize,
    /// Only what highlights.
    pub only_highlights: bool,
}

/// A room whose timeline is being read backwards.
struct Stream {
    room: Arc<Room>,
    view: View,
    /// What was read and not looked at yet, the next one last.
    events: Vec<Arc<Event>>,
    /// Up to where the rest is; none if there is none.
    rest: Option<i64>,
    marks: Option<BTreeMap<Part, i64>>,
}

/// The rooms of somebody, to be read in the order of their events.
struct Reader<'a> {
    push: &'a Push,
    rooms: &'a Arc<Rooms>,
    user_id: &'a UserId,
    user: UserNum,
    /// By the position of the next event, or where it may be at most.
    queue: BinaryHeap<(i64, RoomNum)>,
    streams: HashMap<RoomNum, Stream>,
}

impl Push {
    /// What the user was notified of, a page of it.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn history(
        &self,
        rooms: &Arc<Rooms>,
        user_id: &UserId,
        user: UserNum,
        query: HistoryQuery,
    ) -> Result<History, rooms::Error> {
        let rules = self.prepared_rules(user, user_id).await?;
        let mut reader = Reader::new(self, rooms, user_id, user, query.before).await?;
        let mut history = History::default();
        for _ in 0..SCANNED_MAX {
            let Some((position, event)) = reader.next().await? else { break };
            // An event that was only found to be there is still to be looked at.
            history.next = Some(if event.is_some() { position } else { position + 1 });
            if let Some(event) = event
                && let Some(notification) = reader.judge(&rules, event, query).await?
            {
                history.notifications.push(notification);
            }
            if history.notifications.len() == query.limit {
                break;
            }
        }
        if reader.is_empty() {
            history.next = None;
        }
        Ok(history)
    }
}

impl<'a> Reader<'a> {
    async fn new(
        push: &'a Push,
        rooms: &'a Arc<Rooms>,
        user_id: &'a UserId,
        user: UserNum,
        before: i64,
    ) -> Result<Self, rooms::Error> {
        let last = before.saturating_sub(1).min(push.store.changes.position());
        let listed = memberships::listed_of_user(&push.store.db, user).await?;
        let joined = listed.into_iter().filter(|row| row.place.membership == Membership::Join);
        let queue = joined.map(|row| (row.last_position.min(last), row.place.room_num)).collect();
        Ok(Self { push, rooms, user_id, user, queue, streams: HashMap::new() })
    }

    fn is_empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// The newest event that was not looked at; none beside a position, if only more was read.
    async fn next(&mut self) -> Result<Option<(i64, Option<Arc<Event>>)>, rooms::Error> {
        let Some((position, num)) = self.queue.pop() else { return Ok(None) };
        if !self.streams.contains_key(&num) {
            let Some(room) = self.rooms.by_number(num).await? else {
                return Ok(Some((position, None)));
            };
            let view = self.rooms.view(&room, self.user_id).await?;
            let stream =
                Stream { room, view, events: Vec::new(), rest: Some(position), marks: None };
            self.streams.insert(num, stream);
        }
        let Some(stream) = self.streams.get_mut(&num) else { return Ok(None) };
        let event = stream.events.pop();
        if event.is_none() {
            stream.read(self.rooms).await?;
        }
        let next = stream.events.last().and_then(|event| event.position()).or(stream.rest);
        if let Some(next) = next {
            self.queue.push((next, num));
        }
        Ok(Some((position, event)))
    }

    /// The notification that an event was for the user, if it was one.
    async fn judge(
        &mut self,
        rules: &Prepared,
        event: Arc<Event>,
        query: HistoryQuery,
    ) -> Result<Option<PastNotification>, rooms::Error> {
        let Some(stream) = self.streams.get_mut(&event.room_num) else { return Ok(None) };
        let Some(position) = event.position() else { return Ok(None) };
        let was_there = stream.view.membership_at(position - 1) == Some(Membership::Join);
        if !was_there || self.push.is_ignored(self.user, &event) {
            return Ok(None);
        }
        let facts = stream.room.facts(self.rooms).await?;
        let is_subscribed = self.push.was_subscribed(&rules.rules, self.user, &event).await?;
        let actions =
            evaluation::actions(&rules.rules, self.user_id, &facts, &event, is_subscribed);
        if actions.is_empty() || (query.only_highlights && !evaluation::highlights(&actions)) {
            return Ok(None);
        }
        if stream.marks.is_none() {
            let db = &self.push.store.db;
            stream.marks = Some(read_marks::of_room(db, self.user, event.room_num).await?);
        }
        let is_read = stream.marks.as_ref().is_some_and(|marks| is_read(marks, &event));
        Ok(Some(PastNotification { event, room: Arc::clone(&stream.room), actions, is_read }))
    }
}

impl Stream {
    async fn read(&mut self, rooms: &Arc<Rooms>) -> Result<(), rooms::Error> {
        let Some(until) = self.rest.take() else { return Ok(()) };
        let range = (i64::MIN, until);
        let (events, more) =
            rooms.latest(&self.room, &self.view, range, READ_AT_ONCE, None).await?;
        let oldest = events.last().and_then(|event| event.position());
        self.rest = oldest.filter(|_| more).map(|oldest| oldest - 1);
        self.events = events;
        self.events.reverse();
        Ok(())
    }
}

/// Whether an event is read, by the marks of a user in its room.
pub(crate) fn is_read(marks: &BTreeMap<Part, i64>, event: &Event) -> bool {
    let part = Part::of_event(event.thread);
    let mark = marks.get(&Part::Whole).max(marks.get(&part));
    event.position().is_none_or(|position| mark.is_some_and(|mark| *mark >= position))
}
