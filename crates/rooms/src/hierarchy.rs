//! The tree of a space ([spec]): its rooms, the rooms in those that are spaces, and so on, each once and depth first.
//!
//! The walk is not remembered between pages: a page names the last room of the one before it, and the walk is made again
//! up to there. Rooms that come or go meanwhile shift the others, but whoever reads on gets every room that stays.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv1roomsroomidhierarchy
use std::{collections::HashSet, sync::Arc};

use protocol::ids::{OwnedRoomId, RoomId, UserId};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    error::{Error, Result},
    event::Event,
    facts::Facts,
    render::stripped_with_time,
    service::Rooms,
    summary::{RoomSummary, summary},
};

/// How many rooms of a tree are looked at at most, known here or not.
const ROOMS_MAX: usize = 10_000;

/// The longest `order` that counts, in characters ([spec](https://spec.matrix.org/v1.16/client-server-api/#mspacechild)).
const ORDER_CHARS_MAX: usize = 50;

/// Which part of the tree is wanted.
#[derive(Clone, Debug)]
pub struct HierarchyQuery {
    /// How far down to go: 0 is the space alone.
    pub max_depth: u32,
    /// Only rooms that their space suggests.
    pub suggested_only: bool,
    /// How many rooms to answer with at most.
    pub limit: usize,
    /// Behind which room to go on.
    pub after: Option<HierarchyCursor>,
}

/// Where a page of the tree ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HierarchyCursor {
    /// The last room of the page.
    pub last: OwnedRoomId,
    /// How many rooms there were up to it; counts if that room is gone from the tree.
    pub passed: usize,
}

/// A room of the tree.
#[derive(Clone, Debug)]
pub struct SpaceRoom {
    /// The room.
    pub summary: RoomSummary,
    /// The events that make other rooms its children, in the children's order; none for what is no space.
    pub children_state: Vec<Box<RawValue>>,
}

/// A page of the tree.
#[derive(Clone, Debug)]
pub struct Hierarchy {
    /// The rooms.
    pub rooms: Vec<SpaceRoom>,
    /// Where the next page begins, if there is one.
    pub next: Option<HierarchyCursor>,
}

impl Rooms {
    /// A page of the tree under `space`, as far as `user` may look at it.
    ///
    /// # Errors
    /// [`Error::NotJoined`] if the user may not look at the space, or there is none.
    pub async fn hierarchy(
        self: &Arc<Self>,
        user: &UserId,
        space: &RoomId,
        query: &HierarchyQuery,
    ) -> Result<Hierarchy> {
        let (rooms, start) = self.walk(user, space, query).await?;
        let end = start.saturating_add(query.limit).min(rooms.len());
        let page = rooms.get(start..end).unwrap_or_default();
        let next = page.last().filter(|_| end < rooms.len());
        let next = next.map(|last| HierarchyCursor { last: last.room_id.clone(), passed: end });
        let room = |facts: &Arc<Facts>| {
            let children = children(facts, query.suggested_only);
            Ok(SpaceRoom {
                summary: summary(facts, Some(user)),
                children_state: stripped_with_time(children.iter().map(|child| child.event))?,
            })
        };
        Ok(Hierarchy { rooms: page.iter().map(room).collect::<Result<_>>()?, next })
    }

    /// The rooms in their order, up to one behind the page that is wanted, and where that page begins among them.
    async fn walk(
        self: &Arc<Self>,
        user: &UserId,
        space: &RoomId,
        query: &HierarchyQuery,
    ) -> Result<(Vec<Arc<Facts>>, usize)> {
        let mut found: Vec<Arc<Facts>> = Vec::new();
        let mut start = query.after.is_none().then_some(0);
        let mut seen = HashSet::new();
        let mut waiting = vec![(space.to_owned(), 0)];
        while let Some((room_id, depth)) = waiting.pop() {
            if seen.len() >= ROOMS_MAX || start.is_some_and(|at| found.len() > at + query.limit) {
                break;
            }
            if !seen.insert(room_id.clone()) {
                continue;
            }
            let Some(facts) = self.facts_to_look_at(user, &room_id).await? else {
                if depth == 0 {
                    return Err(Error::NotJoined);
                }
                continue;
            };
            if depth < query.max_depth {
                let children = children(&facts, query.suggested_only);
                waiting.extend(children.into_iter().rev().map(|child| (child.room_id, depth + 1)));
            }
            found.push(facts);
            if start.is_none() && query.after.as_ref().is_some_and(|after| after.last == room_id) {
                start = Some(found.len());
            }
        }
        let passed = || query.after.as_ref().map_or(0, |after| after.passed);
        Ok((found, start.unwrap_or_else(passed)))
    }

    async fn facts_to_look_at(
        self: &Arc<Self>,
        user: &UserId,
        room_id: &RoomId,
    ) -> Result<Option<Arc<Facts>>> {
        let Some(room) = self.find(room_id).await? else { return Ok(None) };
        let facts = room.facts(self).await?;
        Ok(self.may_look_at(&facts, Some(user)).await?.then_some(facts))
    }
}

/// A room in a space.
struct Child<'a> {
    room_id: OwnedRoomId,
    order: Option<String>,
    event: &'a Arc<Event>,
}

/// The rooms in a space, in their order: those with a valid `order` first, then by age and id. A child without servers
/// to join it through is none.
fn children(facts: &Facts, suggested_only: bool) -> Vec<Child<'_>> {
    #[derive(Deserialize)]
    struct Content {
        via: Vec<String>,
        #[serde(default)]
        order: serde_json::Value,
        #[serde(default)]
        suggested: serde_json::Value,
    }
    if facts.room_type().as_deref() != Some("m.space") {
        return Vec::new();
    }
    let child = |(room_id, event): (&Arc<str>, _)| {
        let event: &Arc<Event> = event;
        let content = event.pdu.content_as::<Content>().ok()?;
        let is_wanted = !suggested_only || content.suggested == true;
        let room_id = RoomId::parse(&**room_id).ok().filter(|_| is_wanted)?;
        let order = content.order.as_str().filter(|order| is_order(order)).map(str::to_owned);
        (!content.via.is_empty()).then_some(Child { room_id, order, event })
    };
    let mut children: Vec<_> = facts.state.of_type("m.space.child").filter_map(child).collect();
    children.sort_by(|a, b| {
        let without_order = |child: &Child<'_>| child.order.is_none();
        let age = |child: &Child<'_>| child.event.pdu.origin_server_ts();
        without_order(a)
            .cmp(&without_order(b))
            .then_with(|| a.order.cmp(&b.order))
            .then_with(|| age(a).cmp(&age(b)))
            .then_with(|| a.room_id.cmp(&b.room_id))
    });
    children
}

fn is_order(order: &str) -> bool {
    order.len() <= ORDER_CHARS_MAX && order.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}
