//! Deleting media for good.
use blobs::Digest;
use db::{Committed, Write};
use store::{media, media_usage};

use crate::Media;

/// Why media are not deleted.
#[derive(Debug, thiserror::Error)]
pub enum DeleteError {
    /// The disk failed, or the bucket.
    #[error(transparent)]
    Disk(#[from] blobs::Error),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] db::Error),
}

impl Media {
    /// Deletes media together with what `write` does, and answers how many there were. First the rows go, in one write, so
    /// that nothing is shown that is gone; then the contents that no other media have. A content that a crash leaves
    /// behind is no more than lost space.
    ///
    /// # Errors
    /// See [`DeleteError`].
    pub async fn delete(&self, media_ids: &[String], mut write: Write) -> Result<u64, DeleteError> {
        let _alone = self.deletions.write().await;
        let contents = media::digests(&self.store.db, media_ids).await?;
        media_usage::discharge(&mut write, media_ids);
        let deleted = media::delete(&mut write, media_ids);
        let committed = self.delete_thumbnails(&contents, write).await?;
        let contents: Vec<_> = contents.iter().filter_map(|one| Digest::from_bytes(one)).collect();
        self.remove_unused_alone(&contents).await?;
        Ok(committed.affected(deleted))
    }

    /// Deletes, together with what `write` does, the thumbnails of contents that no media have any more. The caller holds
    /// [`Media::deletions`].
    pub(crate) async fn delete_thumbnails(
        &self,
        contents: &[Vec<u8>],
        mut write: Write,
    ) -> Result<Committed, DeleteError> {
        let thumbnails: Vec<_> = contents
            .iter()
            .map(|digest| media::delete_unused_thumbnails(&mut write, digest))
            .collect();
        let committed = self.store.write(write).await.map_err(db::Error::from)?;
        let mut pictures = Vec::new();
        for operation in thumbnails {
            for row in committed.rows(operation) {
                pictures.extend(Digest::from_bytes(&media::deleted_thumbnail(row)?));
            }
        }
        self.remove_unused_alone(&pictures).await?;
        Ok(committed)
    }

    /// Removes contents unless something refers to them, and says how many those were. The caller holds
    /// [`Media::deletions`].
    pub(crate) async fn remove_unused_alone(&self, digests: &[Digest]) -> Result<u64, DeleteError> {
        let unused = self.unused(digests).await?;
        self.blobs.remove(&unused).await?;
        Ok(unused.len() as u64)
    }

    /// Those contents that nothing refers to.
    pub(crate) async fn unused(&self, digests: &[Digest]) -> Result<Vec<Digest>, DeleteError> {
        let mut unused = Vec::new();
        for digest in digests {
            if !media::is_content_used(&self.store.db, &digest.0).await? {
                unused.push(*digest);
            }
        }
        Ok(unused)
    }
}

#[cfg(test)]
mod tests;
