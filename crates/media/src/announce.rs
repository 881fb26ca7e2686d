//! Announced uploads ([spec]): the id first, the content later.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixmediav1create
use db::Write;
use store::{
    UserNum,
    media::{self, MediaRow},
};

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
        if media::count_announced(&self.store.db, uploader, now_ms).await? >= ANNOUNCED_MAX {
            return Err(AnnounceError::TooMany);
        }
        if self.bytes_left(uploader).await? == 0 {
            return Err(AnnounceError::OverQuota);
        }
        let announcement =
            Announcement { media_id: self.new_media_id(), expires_at: now_ms + LIFETIME_MS };
        let mut write = Write::new();
        media::forget_expired(&mut write, uploader, now_ms);
        let row = MediaRow {
            media_id: announcement.media_id.clone(),
            uploader,
            content_type: None,
            file_name: None,
            bytes: 0,
            digest: None,
            created_at: now_ms,
            expires_at: Some(announcement.expires_at),
            quarantined_at: None,
            used_at: now_ms,
        };
        media::insert(&mut write, &row);
        self.store.write(write).await.map_err(db::Error::from)?;
        Ok(announcement)
    }
}
