//! An event as servers exchange it ([spec]), parsed once and shared.
//!
//! A [`Pdu`] owns its canonical JSON and remembers where the interesting parts are in it. Reading
//! one from storage costs one pass over the text and no tree; its content is handed out as text.
//!
//! [spec]: https://spec.matrix.org/v1.16/server-server-api/#pdus
use std::fmt;

use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::{
    RoomVersion,
    ids::{EventId, OwnedEventId, OwnedRoomId, OwnedUserId, RoomId, UserId},
};

mod client_format;
mod parse;
mod references;
mod text;

pub use parse::PduError;
pub use references::EventIds;

use self::{references::References, text::Text};

/// One event, immutable. Share it as `Arc<Pdu>`.
#[derive(Clone)]
pub struct Pdu {
    event_id: OwnedEventId,
    room_id: OwnedRoomId,
    sender: OwnedUserId,
    kind: Text,
    state_key: Option<Text>,
    redacts: Option<Text>,
    content: Text,
    prev_events: References,
    auth_events: References,
    origin_server_ts: i64,
    depth: i64,
    sticky_ms: Option<i64>,
    version: RoomVersion,
    json: Box<str>,
}

impl Pdu {
    /// Reads an event that this server has stored, so has checked before.
    ///
    /// # Errors
    /// Fails if `json` is not an event of that room version: then the storage is damaged.
    pub fn from_stored(
        event_id: OwnedEventId,
        version: RoomVersion,
        json: impl Into<Box<str>>,
    ) -> Result<Self, PduError> {
        parse::parse(event_id, version, json.into())
    }

    /// The event's id. From room version 3 on it is not in the JSON.
    #[must_use]
    pub fn event_id(&self) -> &EventId {
        &self.event_id
    }

    /// The room. The create event of room version 12 has no such field: then it is made from the event id.
    #[must_use]
    pub fn room_id(&self) -> &RoomId {
        &self.room_id
    }

    /// The version of the room that the event is in.
    #[must_use]
    pub fn room_version(&self) -> RoomVersion {
        self.version
    }

    /// Who sent it.
    #[must_use]
    pub fn sender(&self) -> &UserId {
        &self.sender
    }

    /// The event's `type`.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.kind.get(&self.json)
    }

    /// The state key; `None` if this is not a state event.
    #[must_use]
    pub fn state_key(&self) -> Option<&str> {
        Some(self.state_key.as_ref()?.get(&self.json))
    }

    /// Whether this is the state event of `kind` and `state_key`.
    #[must_use]
    pub fn is_state(&self, kind: &str, state_key: &str) -> bool {
        self.kind() == kind && self.state_key() == Some(state_key)
    }

    /// The content as canonical JSON text, always an object.
    #[must_use]
    pub fn content(&self) -> &str {
        self.content.get(&self.json)
    }

    /// The content as `T`.
    ///
    /// # Errors
    /// Fails if the content does not have that form, which a sender is free to do for most types.
    pub fn content_as<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.content())
    }

    /// The content as `T`, which may borrow from the event.
    ///
    /// # Errors
    /// Fails if the content does not have that form.
    pub fn borrow_content<'a, T: serde::Deserialize<'a>>(&'a self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.content())
    }

    /// When the sender's server says that it was sent: Unix milliseconds. Never trust it for order.
    #[must_use]
    pub fn origin_server_ts(&self) -> i64 {
        self.origin_server_ts
    }

    /// For how long (ms) every member is to be told of it, as its sender wants (MSC4354).
    #[must_use]
    pub fn sticky_duration_ms(&self) -> Option<i64> {
        self.sticky_ms
    }

    /// One more than the deepest previous event, as the sender's server claims.
    #[must_use]
    pub fn depth(&self) -> i64 {
        self.depth
    }

    /// The events that this one follows.
    #[must_use]
    pub fn prev_events(&self) -> EventIds<'_> {
        self.prev_events.iter(&self.json)
    }

    /// The events that allow this one, as its sender claims.
    #[must_use]
    pub fn auth_events(&self) -> EventIds<'_> {
        self.auth_events.iter(&self.json)
    }

    /// The event that this `m.room.redaction` redacts, wherever the room version keeps it.
    #[must_use]
    pub fn redacts(&self) -> Option<&EventId> {
        <&EventId>::try_from(self.redacts.as_ref()?.get(&self.json)).ok()
    }

    /// The whole event as it is stored and sent to servers.
    #[must_use]
    pub fn json(&self) -> &str {
        &self.json
    }

    /// Appends the event in the format that clients get ([spec]), built from the raw parts.
    ///
    /// A redaction names its target at the top *and* in its content in every room version. `unsigned` must be a JSON
    /// object. `with_room_id` is false where the place implies the room (`/sync`).
    ///
    /// [spec]: https://spec.matrix.org/v1.16/client-server-api/#room-event-format
    pub fn write_client_format(
        &self,
        out: &mut String,
        unsigned: Option<&RawValue>,
        with_room_id: bool,
    ) {
        client_format::write(self, out, unsigned.map(RawValue::get), with_room_id);
    }

    /// Appends the stripped form that invited and knocking users see: `content`, `sender`, `state_key` and `type`.
    pub fn write_stripped_format(&self, out: &mut String) {
        client_format::write_stripped(self, out, false);
    }

    /// As [`Self::write_stripped_format`], with `origin_server_ts`, by which the children of a space are ordered.
    pub fn write_stripped_format_with_time(&self, out: &mut String) {
        client_format::write_stripped(self, out, true);
    }

    /// The bytes that this event occupies in memory, about.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        size_of::<Self>() + self.json.len()
    }
}

impl fmt::Debug for Pdu {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Pdu({} {})", self.event_id, self.json)
    }
}

#[cfg(test)]
mod tests;
