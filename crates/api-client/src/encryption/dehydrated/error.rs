//! What goes wrong with dehydrated devices.
use encryption::{dehydrated::DehydratedError, upload::UploadError};
use endpoint::api_error;

/// Why the service refused.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct Error(#[from] DehydratedError);

api_error!(Error:
    Self(DehydratedError::DeviceId) => INVALID_PARAM,
    Self(DehydratedError::NoKeys) => MISSING_PARAM,
    Self(DehydratedError::TooLarge) => TOO_LARGE,
    Self(DehydratedError::Keys(UploadError::Database(_))) => INTERNAL,
    Self(DehydratedError::Keys(
        UploadError::Key(_)
            | UploadError::KeyTaken { .. }
            | UploadError::TooManyKeys
            | UploadError::FallbackKeys
            | UploadError::UnknownDevice,
    )) => INVALID_PARAM,
    Self(DehydratedError::None) => NOT_FOUND,
    Self(DehydratedError::OtherDevice) => FORBIDDEN,
    Self(DehydratedError::Failed(_)) => INTERNAL,
);
