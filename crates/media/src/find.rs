//! Finding media for a download.
use std::time::Duration;

use blobs::{Digest, Object};
use store::media::{self, MediaRow};
use tokio::time::Instant;

use crate::{Media, is_short_text};

/// How long a download waits for an announced upload if the client says nothing, in milliseconds.
pub const WAIT_MS_DEFAULT: u64 = 20_000;

/// The longest such wait.
pub const WAIT_MS_MAX: u64 = 60_000;

/// What an uploader stored.
#[derive(Debug)]
pub struct Medium {
    /// Its type, as the uploader called it.
    pub content_type: Option<String>,
    /// Its name, as the uploader called it.
    pub file_name: Option<String>,
    /// Its content's name, which never changes.
    pub digest: Digest,
    /// The content.
    pub object: Object,
}

/// Why media can't be downloaded.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// There is none, it is hidden, or it is another server's.
    #[error("there is no such media")]
    Unknown,
    /// It was announced, and did not come in time.
    #[error("the media has not been uploaded yet")]
    NotYetUploaded,
    /// The disk failed, or the bucket.
    #[error(transparent)]
    Disk(#[from] blobs::Error),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] db::Error),
}

impl Media {
    /// The media `mxc://server_name/media_id`. Waits up to `wait_ms` for one that is only announced.
    ///
    /// # Errors
    /// See [`FindError`].
    pub async fn find(
        &self,
        server_name: &str,
        media_id: &str,
        wait_ms: u64,
    ) -> Result<Medium, FindError> {
        let row = self.find_row(server_name, media_id, wait_ms).await?;
        let digest = digest_of(&row)?;
        let Some(object) = self.blobs.find(&digest).await? else {
            tracing::error!(media.id = media_id, %digest, "the content of this media is lost");
            return Err(FindError::Unknown);
        };
        Ok(Medium { content_type: row.content_type, file_name: row.file_name, digest, object })
    }

    /// As [`Media::find`], only the name of the content.
    pub(crate) async fn find_digest(
        &self,
        server_name: &str,
        media_id: &str,
        wait_ms: u64,
    ) -> Result<Digest, FindError> {
        Ok(digest_of(&self.find_row(server_name, media_id, wait_ms).await?)?)
    }

    async fn find_row(
        &self,
        server_name: &str,
        media_id: &str,
        wait_ms: u64,
    ) -> Result<MediaRow, FindError> {
        if server_name != self.settings.server_name.as_str() || !is_short_text(media_id) {
            return Err(FindError::Unknown);
        }
        let deadline = Instant::now() + Duration::from_millis(wait_ms.min(WAIT_MS_MAX));
        loop {
            // Listening before looking: an upload in between is not missed.
            let uploaded = self.uploaded.notified();
            tokio::pin!(uploaded);
            uploaded.as_mut().enable();
            let row = media::find(&self.store.db, media_id).await?.ok_or(FindError::Unknown)?;
            if row.quarantined_at.is_some() {
                return Err(FindError::Unknown);
            }
            if row.digest.is_some() {
                self.note_use(&row);
                return Ok(row);
            }
            if row.expires_at.is_none_or(|expires| expires <= self.store.clock.now_ms()) {
                return Err(FindError::Unknown);
            }
            let waited = tokio::time::timeout_at(deadline, uploaded).await;
            waited.map_err(|_| FindError::NotYetUploaded)?;
        }
    }
}

fn digest_of(row: &MediaRow) -> Result<Digest, db::Error> {
    let digest = row.digest.as_deref().and_then(Digest::from_bytes);
    digest.ok_or_else(|| db::Error::inconsistent("media.digest"))
}

#[cfg(test)]
mod tests;
