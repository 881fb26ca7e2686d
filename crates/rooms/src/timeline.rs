//! Reading a room's timeline: pages, single events, and what stands around one.
use std::sync::Arc;

use protocol::{
    filter::RoomEventFilter,
    ids::{EventId, RoomId, UserId},
};
use store::events::{self, Direction};

use crate::{
    children::ChildrenQuery,
    error::{Error, Result},
    event::Event,
    room::Room,
    service::Rooms,
    state::RoomState,
    visibility::View,
};

/// How many events are looked at for one answer at most: a filter that lets little through must not read a whole room.
const SCANNED_MAX: usize = 10_000;

/// A page that a client asks for.
#[derive(Clone, Debug)]
pub struct MessagesQuery {
    /// Where to start, exclusive going forward and inclusive going backward; the end of the timeline if absent.
    pub from: Option<i64>,
    /// Where to stop, if not before.
    pub to: Option<i64>,
    /// Which way.
    pub direction: Direction,
    /// How many events at most.
    pub limit: usize,
    /// Which events.
    pub filter: RoomEventFilter,
}

/// A page of a timeline.
#[derive(Clone, Debug)]
pub struct Messages {
    /// Where it starts.
    pub start: i64,
    /// Where the next page starts; none where the timeline ends.
    pub end: Option<i64>,
    /// The events, in the order asked for.
    pub events: Vec<Arc<Event>>,
    /// The room.
    pub room: Arc<Room>,
    /// What the user may see of it.
    pub view: View,
}

/// An event that a user may see.
#[derive(Clone, Debug)]
pub struct SeenEvent {
    /// The event.
    pub event: Arc<Event>,
    /// What the user may see of its room.
    pub view: View,
}

/// An event and what stands around it.
#[derive(Clone, Debug)]
pub struct Context {
    /// The event.
    pub event: Arc<Event>,
    /// What was sent before, newest first.
    pub before: Vec<Arc<Event>>,
    /// What was sent after, oldest first.
    pub after: Vec<Arc<Event>>,
    /// From where `before` goes on.
    pub start: i64,
    /// From where `after` goes on.
    pub end: i64,
    /// The room's state after the last event.
    pub state: RoomState,
    /// What the user may see of the room.
    pub view: View,
}

/// What stands around an event.
#[derive(Clone, Debug)]
pub struct Around {
    /// What was sent before, newest first.
    pub before: Vec<Arc<Event>>,
    /// What was sent after, oldest first.
    pub after: Vec<Arc<Event>>,
    /// From where `before` goes on.
    pub start: i64,
    /// From where `after` goes on.
    pub end: i64,
}

impl Rooms {
    /// A page of a room's timeline, with what `user` may see of it.
    ///
    /// # Errors
    /// [`Error::NotJoined`] if the user was never in the room and it is not open to everybody.
    pub async fn messages(
        self: &Arc<Self>,
        user: &UserId,
        room_id: &RoomId,
        query: &MessagesQuery,
    ) -> Result<Messages> {
        let room = self.find(room_id).await?.ok_or(Error::NotJoined)?;
        let view = self.view(&room, user).await?;
        if !view.ever_joined() && !view.is_world_readable() {
            return Err(Error::NotJoined);
        }
        let range = self.asked(&view, (query.from, query.to), query.direction);
        let start = query.from.unwrap_or_else(|| range.start());
        let (limit, filter) = (query.limit, Some(&query.filter));
        let page = self.page(&room, &view, Source::Timeline, range, limit, filter).await?;
        Ok(Messages { start, end: page.next, events: page.events, room, view })
    }

    /// What a client asks for that reads from one position to another.
    pub(crate) fn asked(
        &self,
        view: &View,
        (from, to): (Option<i64>, Option<i64>),
        direction: Direction,
    ) -> Range {
        let newest = self.newest_for(view);
        let (after, until) = match direction {
            Direction::Backward => (to.unwrap_or(i64::MIN), from.unwrap_or(newest).min(newest)),
            Direction::Forward => (from.unwrap_or(i64::MIN), to.unwrap_or(newest).min(newest)),
        };
        Range { after, until, direction }
    }

    /// Up to where there can be something for this view to see.
    fn newest_for(&self, view: &View) -> i64 {
        let visible = self.store.changes.position();
        if view.is_world_readable() {
            return visible;
        }
        view.end().unwrap_or(visible).min(visible)
    }

    /// The event with this id, if `user` may see it.
    ///
    /// # Errors
    /// [`Error::UnknownEvent`] if they may not, or it does not exist.
    pub async fn visible_event(
        self: &Arc<Self>,
        user: &UserId,
        room_id: &RoomId,
        event_id: &EventId,
    ) -> Result<Arc<Event>> {
        Ok(self.seen_event(user, room_id, event_id).await?.event)
    }

    /// As [`Self::visible_event`], with what the user may see of the room.
    ///
    /// # Errors
    /// [`Error::UnknownEvent`] if they may not, or it does not exist.
    pub async fn seen_event(
        self: &Arc<Self>,
        user: &UserId,
        room_id: &RoomId,
        event_id: &EventId,
    ) -> Result<SeenEvent> {
        let room = self.find(room_id).await?.ok_or(Error::UnknownEvent)?;
        let event = self.event(event_id).await?.ok_or(Error::UnknownEvent)?;
        let view = self.view(&room, user).await?;
        let shown = event.room_num == room.num
            && event.status == events::Status::Accepted
            && view.sees_event(&event);
        if shown { Ok(SeenEvent { event, view }) } else { Err(Error::UnknownEvent) }
    }

    /// An event and up to `limit` events around it.
    ///
    /// # Errors
    /// [`Error::UnknownEvent`] if the user may not see the event, or it does not exist.
    pub async fn context(
        self: &Arc<Self>,
        user: &UserId,
        room_id: &RoomId,
        event_id: &EventId,
        limit: usize,
        filter: Option<&RoomEventFilter>,
    ) -> Result<Context> {
        let SeenEvent { event, view } = self.seen_event(user, room_id, event_id).await?;
        let room = self.room(room_id).await?;
        let limits = (limit / 2, limit - limit / 2);
        let around = self.around(&room, &view, &event, limits, filter).await?;
        let Around { before, after, start, end } = around;
        let state = self.state_at(&room, end).await?;
        Ok(Context { event, before, after, start, end, state, view })
    }

    /// Up to so many events before and after one that `view` shows.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn around(
        &self,
        room: &Room,
        view: &View,
        event: &Arc<Event>,
        (before, after): (usize, usize),
        filter: Option<&RoomEventFilter>,
    ) -> Result<Around> {
        let position = event.position().ok_or(Error::UnknownEvent)?;
        let newest = self.newest_for(view);
        let older = Range { after: i64::MIN, until: position - 1, direction: Direction::Backward };
        let newer = Range { after: position, until: newest, direction: Direction::Forward };
        let before = self.page(room, view, Source::Timeline, older, before, filter).await?;
        let after = self.page(room, view, Source::Timeline, newer, after, filter).await?;
        let end = after.events.last().and_then(|event| event.position()).unwrap_or(position);
        let start = before.next.unwrap_or(position - 1);
        Ok(Around { before: before.events, after: after.events, start, end })
    }

    /// All events of a room's timeline with `after < position <= until`, oldest first, whoever may see them; `limit` at
    /// most.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn events_between(
        &self,
        room: &Room,
        (after, until): (i64, i64),
        limit: usize,
    ) -> Result<Vec<Arc<Event>>> {
        self.range(room, Range { after, until, direction: Direction::Forward }, limit).await
    }

    /// The newest `limit` events of a room with `after < position <= until` that `view` shows, newest first; and
    /// whether there are more.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn latest(
        self: &Arc<Self>,
        room: &Room,
        view: &View,
        (after, until): (i64, i64),
        limit: usize,
        filter: Option<&RoomEventFilter>,
    ) -> Result<(Vec<Arc<Event>>, bool)> {
        let range = Range { after, until, direction: Direction::Backward };
        let page = self.page(room, view, Source::Timeline, range, limit, filter).await?;
        Ok((page.events, page.next.is_some()))
    }

    /// The first `limit` events of a room with `after < position <= until` that `view` shows, oldest first; and from
    /// where they go on, if there are more.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn following(
        self: &Arc<Self>,
        room: &Room,
        view: &View,
        (after, until): (i64, i64),
        limit: usize,
    ) -> Result<(Vec<Arc<Event>>, Option<i64>)> {
        let range = Range { after, until, direction: Direction::Forward };
        let page = self.page(room, view, Source::Timeline, range, limit, None).await?;
        Ok((page.events, page.next))
    }

    pub(crate) async fn page(
        &self,
        room: &Room,
        view: &View,
        source: Source<'_>,
        mut range: Range,
        limit: usize,
        filter: Option<&RoomEventFilter>,
    ) -> Result<Page> {
        let mut page = Page { events: Vec::new(), next: None };
        let mut scanned = 0;
        while scanned < SCANNED_MAX {
            // One more than is wanted tells whether the timeline goes on.
            let batch = limit - page.events.len() + 1;
            let rows = match source {
                Source::Timeline => self.range(room, range, batch).await?,
                Source::Children(query) => self.children_in(room, query, range, batch).await?,
            };
            let last_batch = rows.len() < batch;
            scanned += rows.len();
            let related = self.related(room, view, filter, &rows).await?;
            for event in rows {
                let position = event.position().unwrap_or(0);
                let shown = view.shows(&event)
                    && filter.is_none_or(|filter| filter.matches(&event.pdu))
                    && related.as_ref().is_none_or(|related| related.contains(&event.num));
                if shown && page.events.len() == limit {
                    page.next = Some(range.resume_before(position));
                    return Ok(page);
                }
                range = range.behind(position);
                if shown {
                    page.events.push(event);
                }
            }
            if last_batch {
                return Ok(page);
            }
        }
        page.next = Some(range.start());
        Ok(page)
    }

    async fn range(&self, room: &Room, range: Range, limit: usize) -> Result<Vec<Arc<Event>>> {
        if let Some(events) = room.recent(range, limit) {
            return Ok(events);
        }
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let Range { after, until, direction } = range;
        let purges = room.purges();
        let rows =
            events::timeline(&self.store.db, room.num, after, until, direction, limit).await?;
        let mut events = Vec::with_capacity(rows.len());
        for row in rows {
            events.push(self.keep(row).await?);
        }
        if direction == Direction::Backward {
            room.remember(&events, until, &self.events, purges);
        }
        if room.purges() != purges {
            // What was read may be purged meanwhile: then nobody is to find it here.
            for event in &events {
                self.events.remove(event.num);
            }
        }
        Ok(events)
    }
}

pub(crate) struct Page {
    pub(crate) events: Vec<Arc<Event>>,
    pub(crate) next: Option<i64>,
}

/// What a page is read from.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    /// The whole timeline.
    Timeline,
    /// What relates to an event.
    Children(&'a ChildrenQuery),
}

/// Positions with `after < position <= until`.
#[derive(Clone, Copy)]
pub(crate) struct Range {
    pub(crate) after: i64,
    pub(crate) until: i64,
    pub(crate) direction: Direction,
}

impl Range {
    /// What is left of it behind `position`.
    fn behind(self, position: i64) -> Self {
        match self.direction {
            Direction::Forward => Self { after: position, ..self },
            Direction::Backward => Self { until: position - 1, ..self },
        }
    }

    /// From where a page goes on that has everything up to, and without, `position`.
    fn resume_before(self, position: i64) -> i64 {
        match self.direction {
            Direction::Forward => position - 1,
            Direction::Backward => position,
        }
    }

    pub(crate) fn start(self) -> i64 {
        match self.direction {
            Direction::Forward => self.after,
            Direction::Backward => self.until,
        }
    }
}
