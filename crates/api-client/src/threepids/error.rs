//! Why addresses were not changed, or messages not sent to them.
use accounts::threepids::{ThreepidChangeError, VerificationError};
use endpoint::{
    Failure, api_error,
    error::{
        FORBIDDEN, INTERNAL, INVALID_PARAM, THREEPID_DENIED, THREEPID_IN_USE,
        THREEPID_MEDIUM_NOT_SUPPORTED, THREEPID_NOT_FOUND, UNAVAILABLE,
    },
};
use protocol::threepid::ThreepidError;

use crate::accounts::interactive::Interrupted;

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Change(#[from] ThreepidChangeError),
    #[error(transparent)]
    Address(#[from] ThreepidError),
    #[error("This server uses no identity server")]
    NoIdentityServer,
}

api_error!(Error:
    Self::Change(ThreepidChangeError::NotAllowed) => FORBIDDEN,
    Self::Change(ThreepidChangeError::NotConfirmed) => FORBIDDEN,
    Self::Change(ThreepidChangeError::NotProven) => THREEPID_AUTH_FAILED,
    Self::Change(ThreepidChangeError::InUse) => THREEPID_IN_USE,
    Self::Change(ThreepidChangeError::Failed(_)) => INTERNAL,
    Self::Address(_) => INVALID_PARAM,
    Self::NoIdentityServer => SERVER_NOT_TRUSTED,
);

impl From<Error> for Interrupted {
    fn from(error: Error) -> Self {
        Failure::from(error).into()
    }
}

/// The answer to who asks for a message that is not sent.
pub(super) fn not_requested(error: &VerificationError) -> Failure {
    let kind = match error {
        VerificationError::TooOften { retry_after_ms } => {
            return Failure::rate_limited(*retry_after_ms);
        }
        VerificationError::NotSupported => THREEPID_MEDIUM_NOT_SUPPORTED,
        VerificationError::Address(_) | VerificationError::Secret => INVALID_PARAM,
        VerificationError::Closed => FORBIDDEN,
        VerificationError::Denied => THREEPID_DENIED,
        VerificationError::InUse => THREEPID_IN_USE,
        VerificationError::NotFound => THREEPID_NOT_FOUND,
        VerificationError::Busy => UNAVAILABLE,
        VerificationError::Failed(_) => INTERNAL,
    };
    kind.from_error(error)
}
