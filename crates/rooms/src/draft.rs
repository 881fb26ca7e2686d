//! What somebody wants to put into a room, before it is an event.
use protocol::{
    canonical::Object,
    ids::{OwnedEventId, OwnedRoomAliasId, OwnedUserId},
};
use store::RoomNum;

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
    /// When it is said to have been sent (Unix ms); now if absent. Application services alone say so.
    pub origin_server_ts: Option<i64>,
}

impl Draft {
    /// A message, or any other event that is no state.
    #[must_use]
    pub fn message(kind: impl Into<String>, content: Object) -> Self {
        Self { kind: kind.into(), state_key: None, content, redacts: None, origin_server_ts: None }
    }

    /// A state event.
    #[must_use]
    pub fn state(kind: impl Into<String>, state_key: impl Into<String>, content: Object) -> Self {
        Self {
            kind: kind.into(),
            state_key: Some(state_key.into()),
            content,
            redacts: None,
            origin_server_ts: None,
        }
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
}
