//! Thumbnails ([spec]): made when first asked for, by a bounded number of decoders, and kept.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#thumbnails
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use blobs::{Digest, Object};
use bytes::Bytes;
use db::Write;
use pictures::{DecodeError, Encoded, Limits};
pub use pictures::{Method, Size};
use quick_cache::sync::Cache;
use store::media::{self, ThumbnailRow};
use tokio::sync::Semaphore;

use crate::{FindError, Media};

/// Results kept in memory: about 200 bytes each.
const CACHED: usize = 4_096;

/// The most requests that wait for a decoder.
const WAITING_MAX: usize = 256;

/// An image to show.
#[derive(Debug)]
pub struct Thumbnail {
    /// Its type.
    pub content_type: String,
    /// Its content's name, which never changes.
    pub digest: Digest,
    /// The content.
    pub object: Object,
}

/// Why there is no thumbnail.
#[derive(Debug, thiserror::Error)]
pub enum ThumbnailError {
    /// There is no such media.
    #[error(transparent)]
    Find(#[from] FindError),
    /// The content is no image that this server reads.
    #[error("thumbnails are made of PNG, JPEG, GIF and WebP images only")]
    Unsupported,
    /// The image has more pixels than are decoded.
    #[error("the image is too large to make a thumbnail of")]
    TooLarge,
    /// Width or height is 0.
    #[error("width and height must be more than 0")]
    Empty,
    /// Too many images wait for a decoder.
    #[error("too many thumbnails are being made")]
    Busy,
}

/// What was learned of a content and a size.
#[derive(Clone, Debug)]
enum Outcome {
    Made { content_type: String, digest: Digest },
    Unsupported,
    TooLarge,
}

/// The decoders, and what they made lately.
pub(crate) struct Thumbnails {
    outcomes: Cache<(Digest, Size), Outcome>,
    decoders: Arc<Semaphore>,
    waiting: AtomicUsize,
}

impl Thumbnails {
    pub(crate) fn new(decoders: usize) -> Self {
        Self {
            outcomes: Cache::new(CACHED),
            decoders: Arc::new(Semaphore::new(decoders.max(1))),
            waiting: AtomicUsize::new(0),
        }
    }
}

impl Media {
    /// An image of the media `mxc://server_name/media_id` that has at least the asked size, unless the media itself is
    /// smaller. It is never animated.
    ///
    /// # Errors
    /// See [`ThumbnailError`].
    pub async fn thumbnail(
        &self,
        server_name: &str,
        media_id: &str,
        wait_ms: u64,
        size: Size,
    ) -> Result<Thumbnail, ThumbnailError> {
        if size.width == 0 || size.height == 0 {
            return Err(ThumbnailError::Empty);
        }
        let size = size.rounded();
        let medium = self.find(server_name, media_id, wait_ms).await?;
        let source = medium.digest;
        for _ in 0..2 {
            let make = self.find_or_make(source, size);
            let outcome =
                self.thumbnails.outcomes.get_or_insert_async(&(source, size), make).await?;
            let (content_type, digest) = match outcome {
                Outcome::Unsupported => return Err(ThumbnailError::Unsupported),
                Outcome::TooLarge => return Err(ThumbnailError::TooLarge),
                Outcome::Made { content_type, digest } => (content_type, digest),
            };
            if let Some(object) = self.blobs.find(&digest).await.map_err(FindError::from)? {
                return Ok(Thumbnail { content_type, digest, object });
            }
            // Somebody removed the file: it is made anew.
            self.thumbnails.outcomes.remove(&(source, size));
        }
        Err(FindError::Unknown.into())
    }

    async fn find_or_make(&self, source: Digest, size: Size) -> Result<Outcome, ThumbnailError> {
        let Size { width, height, method } = size;
        let reader = &self.store.db;
        let row = media::find_thumbnail(reader, &source.0, width, height, method.as_str()).await;
        if let Some(row) = row.map_err(FindError::from)?
            && let Some(digest) = Digest::from_bytes(&row.digest)
            && self.blobs.find(&digest).await.map_err(FindError::from)?.is_some()
        {
            return Ok(Outcome::Made { content_type: row.content_type, digest });
        }
        match self.make(source, size).await? {
            Ok(encoded) => self.keep(source, size, encoded).await,
            Err(DecodeError::TooLarge) => Ok(Outcome::TooLarge),
            Err(DecodeError::Unsupported) => Ok(Outcome::Unsupported),
        }
    }

    /// Decodes and shrinks, when it is this request's turn.
    async fn make(
        &self,
        source: Digest,
        size: Size,
    ) -> Result<Result<Encoded, DecodeError>, ThumbnailError> {
        let _place = WaitingPlace::take(&self.thumbnails.waiting).ok_or(ThumbnailError::Busy)?;
        let permit = Arc::clone(&self.thumbnails.decoders).acquire_owned().await;
        let permit = permit.map_err(|_| ThumbnailError::Busy)?;
        let object = self.blobs.find(&source).await.map_err(FindError::from)?;
        let file = object.ok_or(FindError::Unknown)?.into_file();
        let limits = Limits {
            pixels_max: self.settings.pixels_max,
            bytes_max: self.settings.decoder_bytes_max,
        };
        // The permit travels with the work: a client that hangs up does not make room before the decoder is done.
        let work = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            pictures::thumbnail(file, size, limits)
        });
        Ok(work.await.unwrap_or_else(|error| {
            // A panic of a decoder: the image is to blame, and the server goes on.
            tracing::warn!(%source, %error, "an image made its decoder panic");
            Err(DecodeError::Unsupported)
        }))
    }

    async fn keep(
        &self,
        source: Digest,
        size: Size,
        encoded: Encoded,
    ) -> Result<Outcome, ThumbnailError> {
        let mut upload = self.blobs.begin().await.map_err(FindError::from)?;
        upload.write(Bytes::from(encoded.bytes)).await.map_err(FindError::from)?;
        let _kept = self.deletions.read().await;
        let stored = upload.finish().await.map_err(FindError::from)?;
        let row = ThumbnailRow {
            width: size.width,
            height: size.height,
            method: size.method.as_str(),
            content_type: encoded.content_type.to_owned(),
            bytes: i64::try_from(stored.bytes).unwrap_or(i64::MAX),
            digest: stored.digest.0.to_vec(),
        };
        let mut write = Write::new();
        media::upsert_thumbnail(&mut write, &source.0, &row, self.store.clock.now_ms());
        self.store.write(write).await.map_err(|error| FindError::from(db::Error::from(error)))?;
        Ok(Outcome::Made { content_type: row.content_type, digest: stored.digest })
    }
}

/// A place in the queue for a decoder, given back when dropped.
struct WaitingPlace<'a>(&'a AtomicUsize);

impl<'a> WaitingPlace<'a> {
    fn take(waiting: &'a AtomicUsize) -> Option<Self> {
        let place = Self(waiting);
        (waiting.fetch_add(1, Ordering::SeqCst) < WAITING_MAX).then_some(place)
    }
}

impl Drop for WaitingPlace<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests;
