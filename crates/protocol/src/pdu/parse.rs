//! JSON text to [`Pdu`] in one pass.
use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Pdu, references::References, text::Text};
use crate::{
    RoomVersion,
    ids::{OwnedEventId, OwnedRoomId, OwnedUserId},
};

/// Why text is not an event.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PduError {
    /// Not JSON, or a field is missing or has the wrong type.
    #[error("not an event: {0}")]
    Form(#[from] serde_json::Error),
    /// The named field does not hold what it must.
    #[error("the event's {0} is not valid")]
    Field(&'static str),
}

#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow, default)]
    room_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    sender: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "present")]
    state_key: Option<Cow<'a, str>>,
    #[serde(borrow)]
    content: &'a RawValue,
    origin_server_ts: i64,
    depth: i64,
    #[serde(borrow)]
    prev_events: &'a RawValue,
    #[serde(borrow)]
    auth_events: &'a RawValue,
    #[serde(borrow, default)]
    redacts: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "msc4354_sticky")]
    sticky: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Sticky {
    duration_ms: i64,
}

/// A `Cow` that borrows: `Option<Cow>` of serde's derive would always copy. `null` is not a state key.
fn present<'de: 'a, 'a, D>(input: D) -> Result<Option<Cow<'a, str>>, D::Error>
where
    D: serde::Deserializer<'de>,
{
    Ok(Some(BorrowedCow::deserialize(input)?.0))
}

#[derive(Deserialize)]
struct BorrowedCow<'a>(#[serde(borrow)] Cow<'a, str>);

#[derive(Deserialize)]
struct RedactionContent<'a> {
    #[serde(borrow, default)]
    redacts: Option<&'a RawValue>,
}

pub(super) fn parse(
    event_id: OwnedEventId,
    version: RoomVersion,
    json: Box<str>,
) -> Result<Pdu, PduError> {
    let fields: Fields<'_> = serde_json::from_str(&json)?;
    if !fields.content.get().starts_with('{') {
        return Err(PduError::Field("content"));
    }
    let are_ids = version.references_are_ids();
    let references = |raw: &RawValue| References::parse(raw.get(), &json, are_ids);
    let prev_events = references(fields.prev_events).ok_or(PduError::Field("prev_events"))?;
    let auth_events = references(fields.auth_events).ok_or(PduError::Field("auth_events"))?;
    let room_id = room_id(&fields, &event_id, version)?;
    let sender =
        OwnedUserId::try_from(fields.sender.as_ref()).map_err(|_| PduError::Field("sender"))?;
    let redacts = redacts(&fields, version).map(|id| Text::new(id, &json));
    let kind = Text::new(fields.kind, &json);
    let state_key = fields.state_key.map(|key| Text::new(key, &json));
    let content = Text::place(fields.content.get(), &json);
    let (origin_server_ts, depth) = (fields.origin_server_ts, fields.depth);
    // What does not have this form makes nothing sticky.
    let sticky = fields.sticky.filter(|sticky| sticky.get().starts_with('{'));
    let sticky_ms = sticky
        .and_then(|sticky| serde_json::from_str::<Sticky>(sticky.get()).ok())
        .map(|sticky| sticky.duration_ms);
    Ok(Pdu {
        event_id,
        room_id,
        sender,
        kind,
        state_key,
        redacts,
        content,
        prev_events,
        auth_events,
        origin_server_ts,
        depth,
        sticky_ms,
        version,
        json,
    })
}

/// Room version 12: the create event has no room id, because the room id is its own id.
fn room_id(
    fields: &Fields<'_>,
    event_id: &OwnedEventId,
    version: RoomVersion,
) -> Result<OwnedRoomId, PduError> {
    let is_create = fields.kind == "m.room.create" && fields.state_key.as_deref() == Some("");
    let room_id = match &fields.room_id {
        Some(room_id) => OwnedRoomId::try_from(room_id.as_ref()),
        None if version.create_event_is_room_id() && is_create => {
            return room_id_of_create(event_id).ok_or(PduError::Field("room_id"));
        }
        None => return Err(PduError::Field("room_id")),
    };
    room_id.map_err(|_| PduError::Field("room_id"))
}

/// The id of the room (version 12) that the event of this id creates.
pub(crate) fn room_id_of_create(event_id: &OwnedEventId) -> Option<OwnedRoomId> {
    let hash = event_id.as_str().strip_prefix('$')?;
    OwnedRoomId::try_from(format!("!{hash}")).ok()
}

/// A target that is not an event id is no target: any event may have such a field.
fn redacts<'a>(fields: &Fields<'a>, version: RoomVersion) -> Option<Cow<'a, str>> {
    if fields.kind != "m.room.redaction" {
        return None;
    }
    let raw = if version.redacts_in_content() {
        serde_json::from_str::<RedactionContent<'a>>(fields.content.get()).ok()?.redacts?
    } else {
        fields.redacts?
    };
    let BorrowedCow(id) = serde_json::from_str(raw.get()).ok()?;
    id.starts_with('$').then_some(id)
}
