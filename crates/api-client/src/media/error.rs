//! What goes wrong with media, as clients read it.
use endpoint::{Failure, api_error, error::NOT_FOUND};
use media::{AnnounceError, FindError, UploadError, thumbnails::ThumbnailError};

use crate::App;

/// Why an upload is not stored.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct UploadFailed(#[from] pub(crate) UploadError);

api_error!(UploadFailed:
    Self(UploadError::TooLarge { .. }) => TOO_LARGE,
    Self(UploadError::Interrupted(_)) => UNKNOWN,
    Self(UploadError::Unknown) => NOT_FOUND,
    Self(UploadError::OtherUser | UploadError::OverQuota) => FORBIDDEN,
    Self(UploadError::Done) => CANNOT_OVERWRITE_MEDIA,
    Self(UploadError::Disk(blobs::Error::Bucket(_))) => UNAVAILABLE,
    Self(
        UploadError::Disk(blobs::Error::Disk(_) | blobs::Error::Damaged(_))
            | UploadError::Database(_),
    ) => INTERNAL,
);

/// Why an upload can't be announced.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct AnnounceFailed(#[from] AnnounceError);

api_error!(AnnounceFailed:
    Self(AnnounceError::TooMany) => LIMIT_EXCEEDED,
    Self(AnnounceError::OverQuota) => FORBIDDEN,
    Self(AnnounceError::Database(_)) => INTERNAL,
);

/// Why media can't be downloaded.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct FindFailed(#[from] FindError);

api_error!(FindFailed:
    Self(FindError::Unknown) => NOT_FOUND,
    Self(FindError::NotYetUploaded) => NOT_YET_UPLOADED,
    Self(FindError::Disk(blobs::Error::Bucket(_))) => UNAVAILABLE,
    Self(
        FindError::Disk(blobs::Error::Disk(_) | blobs::Error::Damaged(_)) | FindError::Database(_),
    ) => INTERNAL,
);

/// Why there is no thumbnail.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct ThumbnailFailed(#[from] ThumbnailError);

api_error!(ThumbnailFailed:
    Self(ThumbnailError::Find(FindError::Unknown)) => NOT_FOUND,
    Self(ThumbnailError::Find(FindError::NotYetUploaded)) => NOT_YET_UPLOADED,
    Self(ThumbnailError::Find(FindError::Disk(blobs::Error::Bucket(_)))) => UNAVAILABLE,
    Self(ThumbnailError::Find(
        FindError::Disk(blobs::Error::Disk(_) | blobs::Error::Damaged(_)) | FindError::Database(_),
    )) => INTERNAL,
    Self(ThumbnailError::Unsupported) => UNKNOWN,
    Self(ThumbnailError::TooLarge) => TOO_LARGE,
    Self(ThumbnailError::Empty) => INVALID_PARAM,
    Self(ThumbnailError::Busy) => LIMIT_EXCEEDED,
    Self(ThumbnailError::NoDecoder(_)) => UNAVAILABLE,
);

/// Whether the frozen paths serve anything here ([spec]).
///
/// # Errors
/// 404 `M_NOT_FOUND` unless the configuration says so: to such a client, all media are newer than the freeze.
///
/// [spec]: https://spec.matrix.org/v1.16/client-server-api/#content-repository
pub(crate) fn check_legacy(app: &App) -> Result<(), Failure> {
    let refused =
        || NOT_FOUND.because("Media are served at /_matrix/client/v1/media, with an access token");
    app.media.serves_anybody().then_some(()).ok_or_else(refused)
}
