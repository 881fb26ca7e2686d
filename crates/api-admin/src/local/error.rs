//! Why the node did not do what the command line asked for.
use accounts::{
    administration::{AdministrationError, CreateError},
    usernames::NameError,
    validity::RenewError,
};
use endpoint::api_error;
use media::{DeleteError, ModerateError};
use notices::NoticeError;

/// Why the node did not do it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The user could not be created.
    #[error(transparent)]
    Create(#[from] CreateError),
    /// The user could not be changed.
    #[error(transparent)]
    Change(#[from] AdministrationError),
    /// The account could not be renewed.
    #[error(transparent)]
    Renew(#[from] RenewError),
    /// The text names no user of this server.
    #[error("{0:?} is not a user of this server")]
    NotOurs(String),
    /// Media could not be changed.
    #[error(transparent)]
    Media(#[from] ModerateError),
    /// There is one place only.
    #[error(
        "there is nothing to move: contents are in the folder, and no bucket is configured ([media_s3])"
    )]
    NothingToMove,
    /// Media could not be deleted.
    #[error(transparent)]
    Delete(#[from] DeleteError),
    /// A user could not be told something.
    #[error(transparent)]
    Notice(#[from] NoticeError),
    /// The text names no room.
    #[error("{0:?} is no room: give its id (!…) or an alias (#…)")]
    NoRoom(String),
    /// There is no such job, or it is long done.
    #[error("there is no such job")]
    NoJob,
    /// A room could not be changed.
    #[error(transparent)]
    Rooms(#[from] rooms::Error),
    /// The database failed.
    #[error(transparent)]
    Failed(#[from] db::Error),
}

api_error!(Error:
    Self::Create(CreateError::Name(NameError::InUse)) => USER_IN_USE,
    Self::Create(CreateError::Name(
        NameError::Invalid(_)
        | NameError::Digits
        | NameError::Underscore
        | NameError::Claimed
        | NameError::Reserved,
    )) => INVALID_USERNAME,
    Self::Create(CreateError::Password(_)) => WEAK_PASSWORD,
    Self::Create(
        CreateError::Invalid
            | CreateError::Token
            | CreateError::AddressInUse
            | CreateError::NotProven,
    ) => INVALID_PARAM,
    Self::Create(CreateError::Busy) => UNAVAILABLE,
    Self::Create(
        CreateError::Name(NameError::Failed(_))
            | CreateError::Login(_)
            | CreateError::Broken(_)
            | CreateError::Failed(_),
    ) => INTERNAL,
    Self::Change(AdministrationError::UnknownUser) => NOT_FOUND,
    Self::Change(AdministrationError::Deactivated) => USER_DEACTIVATED,
    Self::Change(AdministrationError::Password(_)) => WEAK_PASSWORD,
    Self::Change(AdministrationError::Busy) => UNAVAILABLE,
    Self::Change(AdministrationError::Broken(_) | AdministrationError::Failed(_)) => INTERNAL,
    Self::Renew(RenewError::Off | RenewError::Link) => NOT_ALLOWED_HERE,
    Self::Renew(RenewError::Account(_)) => NOT_FOUND,
    Self::Renew(RenewError::Failed(_)) => INTERNAL,
    Self::Media(ModerateError::Unknown) => NOT_FOUND,
    Self::Media(ModerateError::Protected) => FORBIDDEN,
    Self::Media(ModerateError::Database(_)) => INTERNAL,
    Self::Delete(DeleteError::Disk(blobs::Error::Bucket(_))) => UNAVAILABLE,
    Self::Delete(
        DeleteError::Disk(blobs::Error::Disk(_) | blobs::Error::Damaged(_))
            | DeleteError::Database(_),
    ) => INTERNAL,
    Self::NothingToMove => INVALID_PARAM,
    Self::Notice(NoticeError::Off) => NOT_ALLOWED_HERE,
    Self::Notice(NoticeError::UnknownUser) => NOT_FOUND,
    Self::Notice(NoticeError::Rooms(rooms::Error::TooLarge(_))) => TOO_LARGE,
    Self::Notice(NoticeError::Rooms(_) | NoticeError::Tag(_) | NoticeError::Failed(_)) => INTERNAL,
    Self::NotOurs(_) | Self::NoRoom(_) | Self::NoJob => NOT_FOUND,
    Self::Rooms(
        rooms::Error::UnknownRoom
            | rooms::Error::UnknownEvent
            | rooms::Error::UnknownState
            | rooms::Error::UnknownAlias
            | rooms::Error::NotLocal(_),
    ) => NOT_FOUND,
    Self::Rooms(
        rooms::Error::AliasTaken
            | rooms::Error::NotJoined
            | rooms::Error::StillJoined
            | rooms::Error::Denied(_)
            | rooms::Error::GuestsForbidden
            | rooms::Error::InviteBlocked
            | rooms::Error::DuplicateAnnotation
            | rooms::Error::ThreadInRelation
            | rooms::Error::Blocked(_)
            | rooms::Error::NoticeRoom
            | rooms::Error::Suspended
            | rooms::Error::Forbidden(_),
    ) => FORBIDDEN,
    Self::Rooms(
        rooms::Error::TooLarge(_)
            | rooms::Error::BadContent(_)
            | rooms::Error::InvalidParam(_)
            | rooms::Error::UnsupportedRoomVersion(_)
            | rooms::Error::InvalidRoomState(_),
    ) => INVALID_PARAM,
    Self::Rooms(rooms::Error::Contended | rooms::Error::NotWaiting) => UNAVAILABLE,
    Self::Rooms(
        rooms::Error::Storage(_) | rooms::Error::Build(_) | rooms::Error::Stopped,
    ) => INTERNAL,
    Self::Failed(_) => INTERNAL,
);
