//! What can go wrong in a room, a variant for each fact that a caller may have to tell.
use event_auth::Denied;

/// Why a room refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The server is not in such a room.
    #[error("this server knows no such room")]
    UnknownRoom,
    /// No such event, or none that the user may see.
    #[error("there is no such event, or you may not see it")]
    UnknownEvent,
    /// No such state.
    #[error("the room has no such state")]
    UnknownState,
    /// No such alias.
    #[error("there is no such room alias")]
    UnknownAlias,
    /// The alias leads somewhere already.
    #[error("this room alias is taken")]
    AliasTaken,
    /// The alias, or the user, belongs to another server.
    #[error("{0} belongs to another server")]
    NotLocal(String),
    /// The user is not in the room, and was not when it mattered.
    #[error("you are not in this room")]
    NotJoined,
    /// The user is in the room, and only those who left can do this.
    #[error("you are still in this room: leave it first")]
    StillJoined,
    /// The authorization rules say no.
    #[error("{0}")]
    Denied(#[from] Denied),
    /// The room lets no guests in.
    #[error("guests cannot join this room")]
    GuestsForbidden,
    /// The user who was to be asked in turns such invites away.
    #[error("this user does not want your invites")]
    InviteBlocked,
    /// The user has annotated the event so before.
    #[error("you have put this on the event already")]
    DuplicateAnnotation,
    /// A thread begins at an event that relates to another one.
    #[error("a thread cannot begin at an event that relates to another one")]
    ThreadInRelation,
    /// The server speaks to the user in this room, whether they want it or not.
    #[error("you cannot turn down this invite: the server speaks to you in this room")]
    NoticeRoom,
    /// Those who run this server let nobody into the room; what they say about it.
    #[error("{0}")]
    Blocked(String),
    /// The account can read, but not act.
    #[error("this account has been suspended")]
    Suspended,
    /// The rules of this server, not of the room, say no.
    #[error("{0}")]
    Forbidden(&'static str),
    /// The event is too large, or one of its fields is.
    #[error("{0}")]
    TooLarge(String),
    /// The content is not what its type demands.
    #[error("{0}")]
    BadContent(String),
    /// A parameter is not what it must be.
    #[error("{0}")]
    InvalidParam(String),
    /// Rooms of this version can't be made or joined.
    #[error("room version {0} is not supported")]
    UnsupportedRoomVersion(String),
    /// The content can't be put into a room as it is: the named preset or field is contradicting.
    #[error("{0}")]
    InvalidRoomState(String),
    /// Somebody else changed the room at the same time, again and again.
    #[error("the room changed too often at the same time")]
    Contended,
    /// The delayed event was sent or cancelled by somebody else.
    #[error("the delayed event waits no more")]
    NotWaiting,
    /// The database failed.
    #[error("storage: {0}")]
    Storage(#[from] db::Error),
    /// The event could not be built or signed.
    #[error("building an event: {0}")]
    Build(String),
    /// The room's writer stopped before it answered.
    #[error("the room's writer stopped")]
    Stopped,
}

impl From<db::WriteError> for Error {
    fn from(error: db::WriteError) -> Self {
        match error {
            db::WriteError::Conflict { .. } => Self::Contended,
            error => Self::Storage(error.into()),
        }
    }
}

/// A room's answer.
pub type Result<T> = std::result::Result<T, Error>;

impl From<protocol::signing::IntentError> for Error {
    fn from(error: protocol::signing::IntentError) -> Self {
        use protocol::signing::IntentError;
        match error {
            IntentError::Limit(limit) => limit.into(),
            IntentError::ForeignSender => Self::NotLocal("the sender".to_owned()),
            error => Self::Build(error.to_string()),
        }
    }
}

impl From<protocol::signing::BuildError> for Error {
    fn from(error: protocol::signing::BuildError) -> Self {
        use protocol::signing::BuildError;
        match error {
            BuildError::Limit(limit) => limit.into(),
            error => Self::Build(error.to_string()),
        }
    }
}

impl From<protocol::limits::LimitError> for Error {
    fn from(error: protocol::limits::LimitError) -> Self {
        match error {
            protocol::limits::LimitError::Nul { .. } => Self::InvalidParam(error.to_string()),
            _ => Self::TooLarge(error.to_string()),
        }
    }
}
