//! What moderators do with media: hide, protect, look at.
//!
//! Hidden is a content, not an id: every one of the media that has it, and whoever uploads it again.
use db::Write;
use protocol::ids::{OwnedUserId, UserId};
use store::{
    UserNum,
    media::{self, MediaRow, THE_SERVER},
    media_moderation::{self, MediaFacts},
};

use crate::{Media, is_short_text};

/// Why it is not done.
#[derive(Debug, thiserror::Error)]
pub enum ModerateError {
    /// There is none, or it was not uploaded yet.
    #[error("there is no such media")]
    Unknown,
    /// It is protected.
    #[error("this media is protected")]
    Protected,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] db::Error),
}

impl Media {
    /// What there is to know of one of the media.
    ///
    /// # Errors
    /// See [`ModerateError`].
    pub async fn facts(&self, media_id: &str) -> Result<MediaFacts, ModerateError> {
        if !is_short_text(media_id) {
            return Err(ModerateError::Unknown);
        }
        let facts = media_moderation::find(&self.store.db, media_id).await?;
        facts.ok_or(ModerateError::Unknown)
    }

    /// Up to `limit` media behind `after` in order of their ids, of all users or of one.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn list(
        &self,
        uploader: Option<UserNum>,
        after: &str,
        limit: i64,
    ) -> Result<Vec<MediaFacts>, db::Error> {
        media_moderation::list(&self.store.db, uploader, after, limit).await
    }

    /// Hides this media and all others with the same content, but for those that are protected, and answers how many that
    /// were. Nobody is shown them any more, nor their thumbnails.
    ///
    /// # Errors
    /// See [`ModerateError`].
    pub async fn quarantine(&self, media_id: &str) -> Result<u64, ModerateError> {
        if self.facts(media_id).await?.protected_at.is_some() {
            return Err(ModerateError::Protected);
        }
        let (row, mut write) = (self.stored(media_id).await?, Write::new());
        let digest = row.digest.unwrap_or_default();
        let now_ms = self.store.clock.now_ms();
        let hidden = media_moderation::quarantine(&mut write, &digest, now_ms);
        Ok(self.store.write(write).await.map_err(db::Error::from)?.affected(hidden))
    }

    /// Shows this media and all others with the same content again, and answers how many that were.
    ///
    /// # Errors
    /// See [`ModerateError`].
    pub async fn unquarantine(&self, media_id: &str) -> Result<u64, ModerateError> {
        let (row, mut write) = (self.stored(media_id).await?, Write::new());
        let shown = media_moderation::unquarantine(&mut write, &row.digest.unwrap_or_default());
        Ok(self.store.write(write).await.map_err(db::Error::from)?.affected(shown))
    }

    /// Protects this media from being hidden and from being deleted for its age, or no longer.
    ///
    /// # Errors
    /// See [`ModerateError`].
    pub async fn protect(&self, media_id: &str, is_protected: bool) -> Result<(), ModerateError> {
        self.facts(media_id).await?;
        let since_ms = is_protected.then(|| self.store.clock.now_ms());
        let mut write = Write::new();
        media_moderation::protect(&mut write, media_id, since_ms);
        self.store.write(write).await.map_err(db::Error::from)?;
        Ok(())
    }

    /// The number under which a user's uploads are; `None` of somebody whom nothing is known of.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn uploader_num(&self, user_id: &UserId) -> Result<Option<UserNum>, db::Error> {
        self.store.interner.find_user(user_id).await
    }

    /// The user who uploaded something; `None` if it was the server itself.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn uploader(&self, uploader: UserNum) -> Result<Option<OwnedUserId>, db::Error> {
        if uploader == THE_SERVER {
            return Ok(None);
        }
        self.store.interner.user_id(uploader).await.map(Some)
    }

    async fn stored(&self, media_id: &str) -> Result<MediaRow, ModerateError> {
        if !is_short_text(media_id) {
            return Err(ModerateError::Unknown);
        }
        let row = media::find(&self.store.db, media_id).await?;
        row.filter(|row| row.digest.is_some()).ok_or(ModerateError::Unknown)
    }
}

#[cfg(test)]
mod tests;
