//! What goes wrong in rooms, as clients read it. Endpoints where one of these means something else say so themselves.
use endpoint::api_error;

/// Why the rooms service refused.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct Error(#[from] rooms::Error);

api_error!(Error:
    Self(rooms::Error::UnknownRoom) => NOT_FOUND,
    Self(rooms::Error::UnknownEvent) => NOT_FOUND,
    Self(rooms::Error::UnknownState) => NOT_FOUND,
    Self(rooms::Error::UnknownAlias) => NOT_FOUND,
    Self(rooms::Error::AliasTaken) => ALIAS_IN_USE,
    Self(rooms::Error::NotLocal(_)) => NOT_FOUND,
    Self(rooms::Error::NotJoined) => FORBIDDEN,
    Self(rooms::Error::StillJoined) => UNKNOWN,
    Self(rooms::Error::Denied(_)) => FORBIDDEN,
    Self(rooms::Error::GuestsForbidden) => GUEST_ACCESS_FORBIDDEN,
    Self(rooms::Error::InviteBlocked) => INVITE_BLOCKED,
    Self(rooms::Error::DuplicateAnnotation) => DUPLICATE_ANNOTATION,
    Self(rooms::Error::ThreadInRelation) => UNKNOWN,
    Self(rooms::Error::NoticeRoom) => CANNOT_LEAVE_SERVER_NOTICE_ROOM,
    Self(rooms::Error::Blocked(_)) => FORBIDDEN,
    Self(rooms::Error::Suspended) => USER_SUSPENDED,
    Self(rooms::Error::Forbidden(_)) => FORBIDDEN,
    Self(rooms::Error::TooLarge(_)) => TOO_LARGE,
    Self(rooms::Error::BadContent(_)) => BAD_JSON,
    Self(rooms::Error::InvalidParam(_)) => INVALID_PARAM,
    Self(rooms::Error::UnsupportedRoomVersion(_)) => UNSUPPORTED_ROOM_VERSION,
    Self(rooms::Error::InvalidRoomState(_)) => INVALID_ROOM_STATE,
    Self(rooms::Error::NotWaiting) => CONFLICT,
    Self(rooms::Error::Contended) => UNAVAILABLE,
    Self(rooms::Error::Storage(_)) => INTERNAL,
    Self(rooms::Error::Build(_)) => INTERNAL,
    Self(rooms::Error::Stopped) => INTERNAL,
);
