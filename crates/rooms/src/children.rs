//! Reading what relates to an event, in pages ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv1roomsroomidrelationseventid
use std::{collections::HashSet, sync::Arc};

use protocol::{
    filter::RoomEventFilter,
    ids::{OwnedEventId, RoomId, UserId},
};
use store::{
    EventNum,
    events::Direction,
    relations::{self, Wanted},
};

use crate::{
    error::{Error, Result},
    event::Event,
    room::Room,
    service::Rooms,
    timeline::{Messages, Range, Source},
    visibility::View,
};

/// A page of the events that relate to one.
#[derive(Clone, Debug)]
pub struct ChildrenQuery {
    /// That one.
    pub parent: OwnedEventId,
    /// Only those that relate so.
    pub rel_type: Option<String>,
    /// Only those of this type.
    pub kind: Option<String>,
    /// Also those that relate to its children, and to theirs.
    pub recurse: bool,
    /// Where to start, exclusive going forward and inclusive going backward; an end of the timeline if absent.
    pub from: Option<i64>,
    /// Where to stop, if not before.
    pub to: Option<i64>,
    /// Which way.
    pub direction: Direction,
    /// How many events at most.
    pub limit: usize,
}

impl ChildrenQuery {
    /// How many levels of relations a page goes through that asks for more than one.
    pub const DEPTH_MAX: i64 = relations::DEPTH_MAX;
}

impl Rooms {
    /// A page of the events that relate to one, with what `user` may see of them.
    ///
    /// # Errors
    /// [`Error::UnknownEvent`] if the user may not see that one, or it does not exist.
    pub async fn children(
        self: &Arc<Self>,
        user: &UserId,
        room_id: &RoomId,
        query: &ChildrenQuery,
    ) -> Result<Messages> {
        let seen = self.seen_event(user, room_id, &query.parent).await?;
        let room = self.find(room_id).await?.ok_or(Error::UnknownEvent)?;
        let range = self.asked(&seen.view, (query.from, query.to), query.direction);
        let source = Source::Children(query);
        let page = self.page(&room, &seen.view, source, range, query.limit, None).await?;
        Ok(Messages {
            start: query.from.unwrap_or_else(|| range.start()),
            end: page.next,
            events: page.events,
            room,
            view: seen.view,
        })
    }

    /// Those of `events` that are related to as the filter asks; `None` if it does not ask.
    pub(crate) async fn related(
        &self,
        room: &Room,
        view: &View,
        filter: Option<&RoomEventFilter>,
        events: &[Arc<Event>],
    ) -> Result<Option<HashSet<EventNum>>> {
        let Some(filter) = filter else { return Ok(None) };
        let (rel_types, senders) = (&filter.related_by_rel_types, &filter.related_by_senders);
        if rel_types.is_none() && senders.is_none() {
            return Ok(None);
        }
        let mut numbers = Vec::new();
        for sender in senders.iter().flatten() {
            numbers.extend(self.store.interner.find_user(sender).await?);
        }
        let senders = senders.as_ref().map(|_| &*numbers);
        let ids: Vec<_> = events.iter().map(|event| event.pdu.event_id().to_string()).collect();
        let mut found = HashSet::new();
        for range in view.ranges() {
            let (db, rel_types) = (&self.store.db, rel_types.as_deref());
            found.extend(relations::related(db, room.num, &ids, rel_types, senders, range).await?);
        }
        let is_found = |event: &&Arc<Event>| found.contains(event.pdu.event_id().as_str());
        Ok(Some(events.iter().filter(is_found).map(|event| event.num).collect()))
    }

    /// The children in a range, whoever may see them.
    pub(crate) async fn children_in(
        &self,
        room: &Room,
        query: &ChildrenQuery,
        range: Range,
        limit: usize,
    ) -> Result<Vec<Arc<Event>>> {
        let wanted = Wanted {
            parent_id: &query.parent,
            rel_type: query.rel_type.as_deref(),
            kind: query.kind.as_deref(),
            recurse: query.recurse,
        };
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let Range { after, until, direction } = range;
        let db = &self.store.db;
        let numbers =
            relations::page(db, room.num, wanted, (after, until), direction, limit).await?;
        self.events(&numbers).await
    }
}
