//! Which rule forbids an event.

/// An event whose content does not have the form that the rules need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the content of {kind} is malformed: {field}")]
pub struct Malformed {
    /// The event's type.
    pub kind: &'static str,
    /// What is wrong in it.
    pub field: &'static str,
}

/// The rule that forbids an event ([spec]). The text is fit for the client that asked.
///
/// [spec]: https://spec.matrix.org/v1.16/server-server-api/#authorization-rules
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the sentences are the documentation")]
pub enum Denied {
    #[error(transparent)]
    Malformed(#[from] Malformed),

    #[error("m.room.create must be the first event of a room")]
    CreateHasPrevEvents,
    #[error("the room id does not belong to the creator's server")]
    CreateRoomIdOfOtherServer,
    #[error("the room id is not made from the create event")]
    CreateRoomId,
    #[error("the create event names a room version that is unknown, or not that of the room")]
    CreateRoomVersion,

    #[error("the room has no create event")]
    NoCreateEvent,
    #[error("the create event belongs to another room")]
    CreateOfOtherRoom,
    #[error("the room is not open to other servers")]
    NotFederated,

    #[error("an auth event belongs to another room")]
    AuthEventOfOtherRoom,
    #[error("an auth event was itself rejected")]
    AuthEventRejected,
    #[error("an auth event is not a state event")]
    AuthEventNotState,
    #[error("two auth events have the same type and state key")]
    AuthEventTwice,
    #[error("an auth event is of a kind that this event does not need")]
    AuthEventUnexpected,
    #[error("the create event is not among the auth events")]
    AuthEventsWithoutCreate,

    #[error("m.room.aliases must have the sender's server as its state key")]
    AliasesOfOtherServer,

    #[error("a member event must have a user id as its state key")]
    MemberStateKey,
    #[error("that membership does not exist in this room version")]
    UnknownMembership,
    #[error("you can only join yourself")]
    JoinForOther,
    #[error("you are banned from the room")]
    JoinBanned,
    #[error("you are not invited to this room")]
    JoinNotInvited,
    #[error("this room can only be joined with an invitation, or from a room that it names")]
    JoinRestricted,
    #[error("the user who vouches for the join is not in the room or may not invite")]
    JoinNotVouched,
    #[error("the sender is not in the room")]
    SenderNotJoined,
    #[error("the user is banned from the room")]
    InviteBanned,
    #[error("the user is already in the room")]
    InviteJoined,
    #[error("the sender's power level is too low to invite")]
    InvitePower,
    #[error("the third-party invitation does not belong to this user, sender or room")]
    ThirdPartyInvite,
    #[error("the third-party invitation is not signed by a key that the room knows")]
    ThirdPartyInviteSignature,
    #[error("you are not in the room, so cannot leave it")]
    LeaveNotIn,
    #[error("the sender's power level is too low to unban")]
    UnbanPower,
    #[error("the sender's power level is too low to remove this user")]
    KickPower,
    #[error("the sender's power level is too low to ban this user")]
    BanPower,
    #[error("nobody can knock on this room")]
    KnockJoinRule,
    #[error("you can only knock for yourself")]
    KnockForOther,
    #[error("you cannot knock while you are banned, invited or joined")]
    KnockMembership,

    #[error("the sender's power level is too low to send this type of event")]
    EventPower,
    #[error("a state key that is a user id must be the sender's")]
    StateKeyOfOther,
    #[error("the power levels must not name the room's creators")]
    PowerLevelsNameCreator,
    #[error("the sender's power level is too low to make this change of power levels")]
    PowerLevelsPower,
    #[error("the sender's power level is too low to redact this event")]
    RedactPower,
}
