//! What goes wrong with presence.
use endpoint::api_error;

/// Why the presence service refused.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct Error(#[from] ::presence::Error);

api_error!(Error:
    Self(::presence::Error::NotYours) => FORBIDDEN,
    Self(::presence::Error::Hidden) => FORBIDDEN,
    Self(::presence::Error::Message) => INVALID_PARAM,
    Self(::presence::Error::Rooms(_)) => INTERNAL,
    Self(::presence::Error::Failed(_)) => INTERNAL,
);
