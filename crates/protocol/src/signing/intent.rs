//! What a local user wants to send: typed, so that nothing else can reach the signing key as an event.
use crate::{
    RoomVersion,
    canonical::Object,
    ids::{EventId, OwnedEventId, OwnedRoomId, OwnedUserId, RoomId, ServerName, UserId},
    limits::{self, LimitError},
};

/// Why an intent is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IntentError {
    /// The sender belongs to another server: it alone may sign for them.
    #[error("the sender is not a user of this server")]
    ForeignSender,
    /// A field is too long or has a NUL.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// Only the create event of room version 12 and later is without a room id, and it must be.
    #[error("the event must have a room id, except the create event of room version 12 and later")]
    RoomId,
}

/// An event that a local user wants to send, before it has its place in the room.
#[derive(Clone, Debug)]
pub struct EventIntent {
    pub(super) version: RoomVersion,
    pub(super) room_id: Option<OwnedRoomId>,
    pub(super) sender: OwnedUserId,
    pub(super) kind: String,
    pub(super) state_key: Option<String>,
    pub(super) content: Object,
    pub(super) redacts: Option<OwnedEventId>,
    pub(super) sticky_ms: Option<i64>,
}

impl EventIntent {
    /// A message event: one without a state key. `server` is the name of this server.
    ///
    /// # Errors
    /// See [`IntentError`].
    pub fn message(
        server: &ServerName,
        version: RoomVersion,
        room_id: OwnedRoomId,
        sender: OwnedUserId,
        kind: impl Into<String>,
        content: Object,
    ) -> Result<Self, IntentError> {
        let (room_id, kind) = (Some(room_id), kind.into());
        Self {
            version,
            room_id,
            sender,
            kind,
            state_key: None,
            content,
            redacts: None,
            sticky_ms: None,
        }
        .checked(server)
    }

    /// A state event. `server` is the name of this server.
    ///
    /// # Errors
    /// See [`IntentError`].
    pub fn state(
        server: &ServerName,
        version: RoomVersion,
        room_id: OwnedRoomId,
        sender: OwnedUserId,
        kind: impl Into<String>,
        state_key: impl Into<String>,
        content: Object,
    ) -> Result<Self, IntentError> {
        let (room_id, kind, state_key) = (Some(room_id), kind.into(), Some(state_key.into()));
        Self { version, room_id, sender, kind, state_key, content, redacts: None, sticky_ms: None }
            .checked(server)
    }

    /// The event that creates a room. `room_id` is `None` from room version 12 on, where the event makes it.
    ///
    /// # Errors
    /// See [`IntentError`].
    pub fn create(
        server: &ServerName,
        version: RoomVersion,
        room_id: Option<OwnedRoomId>,
        sender: OwnedUserId,
        content: Object,
    ) -> Result<Self, IntentError> {
        let (kind, state_key) = ("m.room.create".to_owned(), Some(String::new()));
        Self { version, room_id, sender, kind, state_key, content, redacts: None, sticky_ms: None }
            .checked(server)
    }

    /// A redaction of `target`. The target is put where the room version wants it; `content` may have a `reason`.
    ///
    /// # Errors
    /// See [`IntentError`].
    pub fn redaction(
        server: &ServerName,
        version: RoomVersion,
        room_id: OwnedRoomId,
        sender: OwnedUserId,
        target: OwnedEventId,
        mut content: Object,
    ) -> Result<Self, IntentError> {
        let (room_id, kind) = (Some(room_id), "m.room.redaction".to_owned());
        limits::check_field("redacts", target.as_str())?;
        if version.redacts_in_content() {
            content.insert("redacts".to_owned(), target.as_str().to_owned().into());
        }
        let redacts = Some(target);
        Self { version, room_id, sender, kind, state_key: None, content, redacts, sticky_ms: None }
            .checked(server)
    }

    /// The same event, of which every member is told for so many milliseconds (MSC4354).
    #[must_use]
    pub fn sticky(self, duration_ms: i64) -> Self {
        Self { sticky_ms: Some(duration_ms), ..self }
    }

    fn checked(self, server: &ServerName) -> Result<Self, IntentError> {
        if self.sender.server_name() != server {
            return Err(IntentError::ForeignSender);
        }
        let is_create = self.kind == "m.room.create" && self.state_key.as_deref() == Some("");
        let makes_room_id = is_create && self.version.create_event_is_room_id();
        if makes_room_id != self.room_id.is_none() {
            return Err(IntentError::RoomId);
        }
        limits::check_field("type", &self.kind)?;
        limits::check_field("sender", self.sender.as_str())?;
        if let Some(room_id) = &self.room_id {
            limits::check_field("room_id", room_id.as_str())?;
        }
        if let Some(state_key) = &self.state_key {
            limits::check_field("state_key", state_key)?;
        }
        Ok(self)
    }

    /// The version of the room.
    #[must_use]
    pub fn room_version(&self) -> RoomVersion {
        self.version
    }

    /// The room; `None` for the create event of a room of version 12 or later.
    #[must_use]
    pub fn room_id(&self) -> Option<&RoomId> {
        self.room_id.as_deref()
    }

    /// The local user who sends it.
    #[must_use]
    pub fn sender(&self) -> &UserId {
        &self.sender
    }

    /// The event's `type`.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The state key; `None` for a message event.
    #[must_use]
    pub fn state_key(&self) -> Option<&str> {
        self.state_key.as_deref()
    }

    /// The content.
    #[must_use]
    pub fn content(&self) -> &Object {
        &self.content
    }

    /// What it redacts.
    #[must_use]
    pub fn redacts(&self) -> Option<&EventId> {
        self.redacts.as_deref()
    }
}

/// Where and when an event takes its place in a room.
#[derive(Clone, Debug, Default)]
pub struct Placement {
    /// The events that it follows: the room's forward extremities.
    pub prev_events: Vec<OwnedEventId>,
    /// The events that allow it.
    pub auth_events: Vec<OwnedEventId>,
    /// One more than the deepest previous event.
    pub depth: i64,
    /// Now, in Unix milliseconds.
    pub origin_server_ts: i64,
}
