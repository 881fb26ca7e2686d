//! How an event relates to another one ([spec]): what is stored of it, and what that changes.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#forming-relationships-between-events
use std::{borrow::Cow, sync::Arc};

use db::{Value, Write};
use protocol::{
    Pdu,
    ids::{EventId, OwnedEventId},
};
use serde::Deserialize;
use serde_json::value::RawValue;
use store::{
    EventNum, RoomNum, UserNum, events,
    relations::{self, NewRelation, RelatedBy},
    threads,
};

use crate::{
    error::{Error, Result},
    event::Event,
    service::Rooms,
};

/// What an event says of how it relates to another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Relation {
    pub(crate) rel_type: String,
    pub(crate) parent_id: OwnedEventId,
    /// The key of an `m.annotation`.
    key: Option<String>,
    /// Whether the event can take the place of another one, as far as that is not for the other one to say.
    can_replace: bool,
}

/// An event's relation, and what it leads to.
#[derive(Debug)]
pub(crate) struct Related {
    pub(crate) relation: Relation,
    /// The event that it relates to, if that is stored and of the same room.
    pub(crate) parent: Option<Arc<Event>>,
}

#[derive(Deserialize)]
struct Content<'a> {
    #[serde(borrow, rename = "m.relates_to")]
    relates_to: &'a RawValue,
    #[serde(borrow, rename = "m.new_content")]
    new_content: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct RelatesTo<'a> {
    #[serde(borrow)]
    rel_type: Cow<'a, str>,
    #[serde(borrow)]
    event_id: Cow<'a, str>,
    #[serde(borrow)]
    key: Option<&'a RawValue>,
}

impl Relation {
    /// The relation of an event; none, if it has none that is complete.
    pub(crate) fn of(event: &Pdu) -> Option<Self> {
        // Most events relate to nothing, and are not read for it.
        if !event.content().contains("\"m.relates_to\"") {
            return None;
        }
        let content = event.borrow_content::<Content<'_>>().ok()?;
        let relation = serde_json::from_str::<RelatesTo<'_>>(content.relates_to.get()).ok()?;
        let key = relation.key.filter(|_| relation.rel_type == "m.annotation");
        let is_object = |raw: &RawValue| raw.get().starts_with('{');
        Some(Self {
            parent_id: EventId::parse(&*relation.event_id).ok()?,
            key: key.and_then(|key| serde_json::from_str(key.get()).ok()),
            can_replace: event.state_key().is_none()
                && (event.kind() == "m.room.encrypted"
                    || content.new_content.is_some_and(is_object)),
            rel_type: relation.rel_type.into_owned(),
        })
    }

    /// The relation of an event of `room`, and the event that it relates to.
    pub(crate) async fn find(rooms: &Rooms, room: RoomNum, event: &Pdu) -> Result<Option<Related>> {
        let Some(relation) = Self::of(event) else { return Ok(None) };
        let parent = rooms.event(&relation.parent_id).await?;
        let parent = parent.filter(|parent| parent.room_num == room);
        Ok(Some(Related { relation, parent }))
    }
}

impl Related {
    /// The root of the thread that the event is in. One that relates to an event of a thread otherwise, as an edit or a
    /// reaction does, is where that event is ([spec]).
    ///
    /// [spec]: https://spec.matrix.org/v1.16/client-server-api/#threaded-read-receipts
    pub(crate) fn thread(&self) -> Option<EventNum> {
        let parent = self.parent.as_ref()?;
        let starts = (self.relation.rel_type == "m.thread").then_some(parent.num);
        parent.thread.or(starts)
    }

    /// Whether a user of this server may send the event: nobody annotates an event twice with the same key, and no thread
    /// begins at an event that relates to another one ([annotations], [threads]).
    ///
    /// [annotations]: https://spec.matrix.org/v1.16/client-server-api/#avoiding-duplicate-annotations
    /// [threads]: https://spec.matrix.org/v1.16/client-server-api/#validation-of-mthread-relationships
    pub(crate) async fn check(
        &self,
        rooms: &Rooms,
        room: RoomNum,
        sender: UserNum,
        kind: &str,
    ) -> Result<()> {
        let Relation { rel_type, parent_id, key, .. } = &self.relation;
        match (rel_type.as_str(), &self.parent, key) {
            ("m.annotation", Some(_), Some(key)) => {
                let db = &rooms.store.db;
                if relations::has_annotation(db, room, parent_id, sender, kind, key).await? {
                    return Err(Error::DuplicateAnnotation);
                }
            }
            ("m.thread", Some(parent), _) if Relation::of(&parent.pdu).is_some() => {
                return Err(Error::ThreadInRelation);
            }
            _ => {}
        }
        Ok(())
    }

    /// Adds the rows of the relation of `event`, which gets its position in the same write.
    pub(crate) fn record(&self, write: &mut Write, event: &Event, position: &Value) {
        let Relation { rel_type, parent_id, key, can_replace } = &self.relation;
        let row = NewRelation {
            room_num: event.room_num,
            parent_id,
            child_num: event.num,
            child_id: event.pdu.event_id(),
            rel_type,
            kind: event.pdu.kind(),
            sender_num: event.sender_num,
            origin_server_ts: event.pdu.origin_server_ts(),
            annotation_key: key.as_deref(),
            can_replace: *can_replace,
        };
        relations::insert(write, &row, position.clone());
        if rel_type == "m.thread" {
            threads::add_event(write, event.room_num, parent_id, position.clone());
        }
        if let (Some(parent), added) = (&self.parent, RelatedBy::of(rel_type))
            && !parent.related_by().has(added)
        {
            events::add_related_by(write, parent.num, added);
        }
    }

    /// The relation was committed: whoever holds the parent learns of it.
    pub(crate) fn committed(&self, rooms: &Rooms, room: &crate::room::Room) {
        let added = RelatedBy::of(&self.relation.rel_type);
        let Some(parent) = self.parent.as_ref().filter(|_| added != RelatedBy::NOTHING) else {
            return;
        };
        parent.add_related_by(added);
        // Others may hold it as it was read again meanwhile, and whoever reads it just now keeps what is there.
        rooms.events.get_or_insert(Arc::clone(parent)).add_related_by(added);
        room.add_related_by(parent.num, added);
    }
}

/// Takes the relation of an event out that is emptied.
pub(crate) fn remove(write: &mut Write, event: &Event) {
    let (Some(relation), Some(position)) = (Relation::of(&event.pdu), event.position()) else {
        return;
    };
    relations::delete(write, event.room_num, &relation.parent_id, position);
    if relation.rel_type == "m.thread" {
        threads::remove_event(write, event.room_num, &relation.parent_id);
    }
}

#[cfg(test)]
mod tests {
    use protocol::RoomVersion;
    use serde_json::json;

    use super::*;

    fn relation(kind: &str, content: &serde_json::Value) -> Option<Relation> {
        let event = json!({
            "auth_events": [], "content": content, "depth": 1, "hashes": { "sha256": "x" },
            "origin_server_ts": 1, "prev_events": [], "room_id": "!r:example.org",
            "sender": "@a:example.org", "signatures": {}, "type": kind,
        });
        let id = EventId::parse("$own").unwrap();
        Relation::of(&Pdu::from_stored(id, RoomVersion::V11, event.to_string()).unwrap())
    }

    #[test]
    fn complete_relations_are_found() {
        let found = relation(
            "m.reaction",
            &json!({ "m.relates_to": { "rel_type": "m.annotation", "event_id": "$p", "key": "👍" } }),
        )
        .unwrap();
        assert_eq!((found.parent_id.as_str(), found.key.as_deref()), ("$p", Some("👍")));
        assert!(!found.can_replace);
        let edit = json!({
            "m.new_content": {},
            "m.relates_to": { "rel_type": "m.replace", "event_id": "$p", "key": 7 },
        });
        let found = relation("m.room.message", &edit).unwrap();
        assert!(found.can_replace && found.key.is_none());
    }

    #[test]
    fn what_is_no_relation_is_none() {
        for content in [
            json!({}),
            json!({ "body": "\"m.relates_to\"" }),
            json!({ "m.relates_to": "text" }),
            json!({ "m.relates_to": { "m.in_reply_to": { "event_id": "$p" } } }),
            json!({ "m.relates_to": { "rel_type": "m.thread" } }),
            json!({ "m.relates_to": { "rel_type": 3, "event_id": "$p" } }),
            json!({ "m.relates_to": { "rel_type": "m.thread", "event_id": "p" } }),
        ] {
            assert_eq!(relation("m.room.message", &content), None, "{content}");
        }
    }
}
