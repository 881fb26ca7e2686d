//! What somebody wants to put into a room, before it is an event.
use protocol::{
    canonical::{self, Object},
    ids::{EventId, OwnedEventId, OwnedRoomAliasId, OwnedUserId},
};
use store::RoomNum;

use crate::error::{Error, Result};

/// What the sender of an event says of it beside its type and content.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manner {
    /// When it is said to have been sent (Unix ms); now if absent. Application services alone say so ([spec]).
    ///
    /// [spec]: https://spec.matrix.org/v1.16/application-service-api/#timestamp-massaging
    pub sent_ts: Option<i64>,
    /// For how long (ms) every member is told of it (MSC4354).
    pub sticky_ms: Option<i64>,
}

/// An event to be: the writer adds what only the room knows (what it follows, who allows it) and signs it.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Its type.
    pub kind: String,
    /// Its state key, for a state event.
    pub state_key: Option<String>,
    /// Its content.
    pub content: Object,
    /// What it redacts, for a redaction.
    pub redacts: Option<OwnedEventId>,
    /// What else its sender says of it.
    pub manner: Manner,
}

impl Draft {
    /// A message, or any other event that is no state.
    #[must_use]
    pub fn message(kind: impl Into<String>, content: Object) -> Self {
        Self {
            kind: kind.into(),
            state_key: None,
            content,
            redacts: None,
            manner: Manner::default(),
        }
    }

    /// An event that is no state, as a client sends it: a redaction names what it redacts in its content.
    ///
    /// # Errors
    /// [`Error::BadContent`] for a redaction of nothing.
    pub(crate) fn message_or_redaction(kind: &str, content: Object) -> Result<Self> {
        if kind != "m.room.redaction" {
            return Ok(Self::message(kind, content));
        }
        let target = canonical::string(&content, "redacts").and_then(|id| EventId::parse(id).ok());
        let target = target
            .ok_or_else(|| Error::BadContent("a redaction needs the event it redacts".into()))?;
        Ok(Self::redaction(target, content))
    }

    /// A redaction of `target`.
    pub(crate) fn redaction(target: OwnedEventId, content: Object) -> Self {
        Self { redacts: Some(target), ..Self::message("m.room.redaction", content) }
    }

    /// A state event.
    #[must_use]
    pub fn state(kind: impl Into<String>, state_key: impl Into<String>, content: Object) -> Self {
        Self { state_key: Some(state_key.into()), ..Self::message(kind, content) }
    }
}

/// Events that one user puts into a room together: all of them or none.
#[derive(Clone, Debug)]
pub struct Submission {
    /// Who.
    pub sender: OwnedUserId,
    /// What, in order.
    pub drafts: Vec<Draft>,
    /// The transaction that the (only) draft belongs to: see [`crate::event::transaction_key`].
    pub transaction_key: Option<String>,
    /// What is written beside the events.
    pub extras: Vec<Extra>,
}

impl Submission {
    /// One event.
    #[must_use]
    pub fn one(sender: OwnedUserId, draft: Draft) -> Self {
        Self { sender, drafts: vec![draft], transaction_key: None, extras: Vec::new() }
    }
}

/// Something that is written in the same transaction as the events.
#[derive(Clone, Debug)]
pub enum Extra {
    /// A local alias of the room.
    Alias(OwnedRoomAliasId),
    /// The room's place in the public room list.
    Published(bool),
    /// The room's aliases lead to another room from now on, and if it was published, that one is instead of it.
    ReplacedBy {
        /// The other room.
        room: RoomNum,
        /// Whether it was published.
        published: bool,
    },
    /// The event was a delayed one, with this id: it waits no more.
    Delayed(String),
}

impl Extra {
    /// The id of a delayed event that is sent.
    pub(crate) fn delay_id(&self) -> Option<&str> {
        match self {
            Self::Delayed(delay_id) => Some(delay_id),
            Self::Alias(_) | Self::Published(_) | Self::ReplacedBy { .. } => None,
        }
    }
}
