//! Why the node did not do what the command line asked for.
use accounts::{
    administration::{AdministrationError, CreateError},
    usernames::NameError,
};
use endpoint::api_error;
use media::{DeleteError, ModerateError};

/// Why the node did not do it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The user could not be created.
    #[error(transparent)]
    Create(#[from] CreateError),
    /// The user could not be changed.
    #[error(transparent)]
    Change(#[from] AdministrationError),
    /// The text names no user of this server.
    #[error("{0:?} is not a user of this server")]
    NotOurs(String),
    /// Media could not be changed.
    #[error(transparent)]
    Media(#[from] ModerateError),
    /// Media could not be deleted.
    #[error(transparent)]
    Delete(#[from] DeleteError),
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
    Self::Create(CreateError::Invalid | CreateError::Token) => INVALID_PARAM,
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
    Self::Media(ModerateError::Unknown) => NOT_FOUND,
    Self::Media(ModerateError::Protected) => FORBIDDEN,
    Self::Media(ModerateError::Database(_)) => INTERNAL,
    Self::Delete(DeleteError::Disk(_) | DeleteError::Database(_)) => INTERNAL,
    Self::NotOurs(_) => NOT_FOUND,
    Self::Failed(_) => INTERNAL,
);
