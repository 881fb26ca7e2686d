//! Announced uploads ([spec]): the id first, the content later.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixmediav1create
use db::{Write, WriteError};
use store::{UserNum, media};

use crate::Media;

/// How long an announcement lasts.
const LIFETIME_MS: i64 = 24 * 60 * 60 * 1_000;

/// The most announcements of a user that are not done.
const ANNOUNCED_MAX: i64 = 100;

/// An id that an upload can be stored under.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// The part of the `mxc://` URI behind the server name.
    pub media_id: String,
    /// Until when the content can be uploaded (Unix ms).
    pub expires_at: i64,
}

/// Why an upload can't be announced.
#[derive(Debug, thiserror::Error)]
pub enum AnnounceError {
    /// The user has announced many others.
    #[error("you have announced {ANNOUNCED_MAX} uploads that are not done")]
    TooMany,
    /// The user may upload nothing more.
    #[error("you have reached the limit of what you can upload")]
    OverQuota,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] db::Error),
}

impl Media {
    /// Gives out an id for content that `uploader` will upload later.
    ///
    /// # Errors
    /// See [`AnnounceError`].
    pub async fn announce(&self, uploader: UserNum) -> Result<Announcement, AnnounceError> {
        let now_ms = self.store.clock.now_ms();
        if self.bytes_left(uploader).await? == 0 {
            return Err(AnnounceError::OverQuota);
        }
        let (media_id, expires_at) = (self.new_media_id(), now_ms + LIFETIME_MS);
        let mut write = Write::new();
        media::forget_expired(&mut write, uploader, now_ms);
        media::announce(&mut write, &media_id, uploader, now_ms, expires_at, ANNOUNCED_MAX);
        match self.store.write(write).await {
            Ok(_) => Ok(Announcement { media_id, expires_at }),
            // 24 letters never meet by chance: it is the number of the others.
            Err(WriteError::Conflict { .. }) => Err(AnnounceError::TooMany),
            Err(error) => Err(db::Error::from(error).into()),
        }
    }
}
