//! Why an administrator does not see or change the standing of an account.
use accounts::{administration::AdministrationError, standing::StandingError};
use endpoint::api_error;

/// Why the accounts service refused.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct Error(#[from] StandingError);

api_error!(Error:
    Self(StandingError::NotLocal) => INVALID_PARAM,
    Self(StandingError::Unknown) => NOT_FOUND,
    Self(StandingError::Administrator) => FORBIDDEN,
    Self(StandingError::Change(AdministrationError::Busy)) => LIMIT_EXCEEDED,
    Self(StandingError::Change(
        AdministrationError::UnknownUser | AdministrationError::Deactivated,
    )) => NOT_FOUND,
    Self(StandingError::Change(
        AdministrationError::Password(_)
            | AdministrationError::Broken(_)
            | AdministrationError::Failed(_),
    )) => INTERNAL,
    Self(StandingError::Failed(_)) => INTERNAL,
);
