//! Uploads: streamed to disk, bounded, durable before anybody is told.
use std::fmt;

use blobs::{Stored, Upload};
use bytes::Bytes;
use db::{Write, WriteError};
use futures_util::{Stream, StreamExt as _};
use store::{
    UserNum,
    media::{self, MediaRow},
    media_moderation,
};

use crate::{Media, content_type, is_short_text};

/// How often another id is tried: 24 letters never meet by chance.
const ID_TRIES: usize = 3;

/// What an uploader says of the content; none of it is to be trusted.
#[derive(Clone, Debug, Default)]
pub struct Description {
    /// Its type. What is none is stored as none.
    pub content_type: Option<String>,
    /// Its name. One that is too long or has control characters is stored as none.
    pub file_name: Option<String>,
    /// Its length in bytes: an upload that says that it is too large is refused before it is read.
    pub length: Option<u64>,
}

/// Why an upload is not stored.
#[derive(Debug, thiserror::Error)]
pub enum UploadError {
    /// Larger than allowed.
    #[error("an upload can have at most {bytes_max} bytes")]
    TooLarge {
        /// The limit.
        bytes_max: u64,
    },
    /// More than the user may have.
    #[error("you have reached the limit of what you can upload")]
    OverQuota,
    /// The client went away or broke the protocol.
    #[error("the upload was interrupted: {0}")]
    Interrupted(String),
    /// There is no such announcement, or it has expired.
    #[error("there is no such media")]
    Unknown,
    /// Somebody else announced it.
    #[error("this media was announced by another user")]
    OtherUser,
    /// It has been uploaded before.
    #[error("this media has been uploaded already")]
    Done,
    /// The disk failed, or the bucket.
    #[error(transparent)]
    Disk(#[from] blobs::Error),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] db::Error),
}

impl Media {
    /// Stores an upload and gives it an id.
    ///
    /// # Errors
    /// See [`UploadError`]; nothing can be downloaded then.
    pub async fn upload<E: fmt::Display>(
        &self,
        uploader: UserNum,
        description: Description,
        body: impl Stream<Item = Result<Bytes, E>> + Unpin,
    ) -> Result<String, UploadError> {
        self.store_new(uploader, description, self.settings.upload_bytes_max, body).await
    }

    /// Stores what the server itself fetches for its users, up to `bytes_max` bytes, and gives it an id.
    ///
    /// # Errors
    /// See [`UploadError`].
    pub async fn keep_fetched<E: fmt::Display>(
        &self,
        description: Description,
        bytes_max: u64,
        body: impl Stream<Item = Result<Bytes, E>> + Unpin,
    ) -> Result<String, UploadError> {
        self.store_new(media::THE_SERVER, description, bytes_max, body).await
    }

    async fn store_new<E: fmt::Display>(
        &self,
        uploader: UserNum,
        description: Description,
        bytes_max: u64,
        body: impl Stream<Item = Result<Bytes, E>> + Unpin,
    ) -> Result<String, UploadError> {
        let upload = self.receive(uploader, &description, bytes_max, body).await?;
        let finished = upload.finish().await?;
        let kept = self.deletions.read().await;
        let stored = finished.name().await?;
        let added = self.add(uploader, description, stored).await;
        drop(kept);
        self.clean(added, stored).await
    }

    async fn add(
        &self,
        uploader: UserNum,
        description: Description,
        stored: Stored,
    ) -> Result<String, UploadError> {
        let mut row = self.row(uploader, description, stored).await?;
        for _ in 0..ID_TRIES {
            row.media_id = self.new_media_id();
            let mut write = Write::new();
            let charge = self.charge(&mut write, &row);
            media::insert(&mut write, &row);
            match self.store.write(write).await {
                Ok(_) => return Ok(row.media_id),
                Err(WriteError::Conflict { operation, .. }) if operation == charge => {
                    return Err(UploadError::OverQuota);
                }
                Err(WriteError::Conflict { .. }) => {}
                Err(error) => return Err(db::Error::from(error).into()),
            }
        }
        Err(db::Error::inconsistent("every new media id is taken").into())
    }

    /// Stores the content of an upload that the same user has announced.
    ///
    /// # Errors
    /// See [`UploadError`].
    pub async fn upload_announced<E: fmt::Display>(
        &self,
        uploader: UserNum,
        media_id: &str,
        description: Description,
        body: impl Stream<Item = Result<Bytes, E>> + Unpin,
    ) -> Result<(), UploadError> {
        self.check_announced(uploader, media_id).await?;
        let bytes_max = self.settings.upload_bytes_max;
        let upload = self.receive(uploader, &description, bytes_max, body).await?;
        let finished = upload.finish().await?;
        let kept = self.deletions.read().await;
        let stored = finished.name().await?;
        let completed = self.complete(uploader, media_id, description, stored).await;
        drop(kept);
        self.clean(completed, stored).await?;
        self.uploaded.notify_waiters();
        Ok(())
    }

    async fn complete(
        &self,
        uploader: UserNum,
        media_id: &str,
        description: Description,
        stored: Stored,
    ) -> Result<(), UploadError> {
        let mut row = self.row(uploader, description, stored).await?;
        media_id.clone_into(&mut row.media_id);
        let mut write = Write::new();
        let charge = self.charge(&mut write, &row);
        media::complete(&mut write, &row);
        match self.store.write(write).await {
            Ok(_) => Ok(()),
            Err(WriteError::Conflict { operation, .. }) if operation == charge => {
                Err(UploadError::OverQuota)
            }
            Err(WriteError::Conflict { .. }) => {
                // Somebody else was faster, or it has expired while it came in.
                self.check_announced(uploader, media_id).await?;
                Err(UploadError::Done)
            }
            Err(error) => Err(db::Error::from(error).into()),
        }
    }

    /// Removes the content of an upload that was not stored, unless others have the same.
    async fn clean<T>(
        &self,
        result: Result<T, UploadError>,
        stored: Stored,
    ) -> Result<T, UploadError> {
        if result.is_err()
            && let Err(error) = self.remove_unused(&[stored.digest]).await
        {
            // It is found again when contents without a row are looked for.
            tracing::warn!(%error, digest = %stored.digest, "an upload that failed is still there");
        }
        result
    }

    async fn check_announced(&self, uploader: UserNum, media_id: &str) -> Result<(), UploadError> {
        if !is_short_text(media_id) {
            return Err(UploadError::Unknown);
        }
        let row = media::find(&self.store.db, media_id).await?.ok_or(UploadError::Unknown)?;
        if row.uploader != uploader {
            return Err(UploadError::OtherUser);
        }
        if row.digest.is_some() {
            return Err(UploadError::Done);
        }
        let is_expired = row.expires_at.is_none_or(|expires| expires <= self.store.clock.now_ms());
        if is_expired { Err(UploadError::Unknown) } else { Ok(()) }
    }

    /// Writes the body to a file. Interrupted, it leaves nothing there.
    async fn receive<E: fmt::Display>(
        &self,
        uploader: UserNum,
        description: &Description,
        bytes_max: u64,
        mut body: impl Stream<Item = Result<Bytes, E>> + Unpin,
    ) -> Result<Upload, UploadError> {
        if description.length.is_some_and(|length| length > bytes_max) {
            return Err(UploadError::TooLarge { bytes_max });
        }
        let left = self.bytes_left(uploader).await?;
        if description.length.is_some_and(|length| length > left) {
            return Err(UploadError::OverQuota);
        }
        let mut upload = self.blobs.begin().await?;
        while let Some(piece) = body.next().await {
            let piece = piece.map_err(|error| UploadError::Interrupted(error.to_string()))?;
            let bytes = upload.bytes() + piece.len() as u64;
            if bytes > bytes_max {
                return Err(UploadError::TooLarge { bytes_max });
            }
            if bytes > left {
                return Err(UploadError::OverQuota);
            }
            upload.write(piece).await?;
        }
        Ok(upload)
    }

    async fn row(
        &self,
        uploader: UserNum,
        description: Description,
        stored: Stored,
    ) -> Result<MediaRow, db::Error> {
        let content_type = description.content_type.as_deref().and_then(content_type::accepted);
        let now_ms = self.store.clock.now_ms();
        let digest = stored.digest.0;
        // What moderators have hidden is not shown again under another id.
        let is_hidden = media_moderation::is_quarantined(&self.store.db, &digest).await?;
        Ok(MediaRow {
            media_id: String::new(),
            uploader,
            content_type: content_type.map(str::to_owned),
            file_name: description.file_name.filter(|name| is_short_text(name)),
            bytes: i64::try_from(stored.bytes).unwrap_or(i64::MAX),
            digest: Some(digest.to_vec()),
            created_at: now_ms,
            expires_at: None,
            quarantined_at: is_hidden.then_some(now_ms),
            used_at: now_ms,
        })
    }
}

#[cfg(test)]
mod tests;
