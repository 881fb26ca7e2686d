//! What goes wrong at a meeting.
use endpoint::api_error;

/// Why the rendezvous service refused.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct Error(#[from] ::rendezvous::Error);

api_error!(Error:
    Self(::rendezvous::Error::Disabled) => UNRECOGNIZED,
    Self(::rendezvous::Error::Unknown) => NOT_FOUND,
    Self(::rendezvous::Error::Conflict) => CONCURRENT_WRITE,
    Self(::rendezvous::Error::TooLarge) => TOO_LARGE,
    Self(::rendezvous::Error::Transaction) => INVALID_PARAM,
);
