//! Thumbnails ([spec]): made when first asked for, by a bounded number of decoders, and kept.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#thumbnails
use std::{
    fs::File,
    io::{self, Write as _},
    os::fd::OwnedFd,
};

use blobs::{Digest, Object};
use bytes::Bytes;
use db::Write;
use pictures::{DecodeError, Encoded, Job, Limits};
pub use pictures::{Method, Size};
use quick_cache::sync::Cache;
use store::media::{self, ThumbnailRow};

use crate::{
    FindError, Media,
    decoders::{Decoders, Decoding, Failed},
};

/// Results kept in memory: about 200 bytes each.
const CACHED: usize = 4_096;

/// A GIF of one pixel.
const PROBE: &[u8] =
    b"GIF89a\x01\0\x01\0\x80\0\0\xff\xff\xff\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

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
    /// The image has more pixels, or its file more bytes, than are decoded.
    #[error("the image is too large to make a thumbnail of")]
    TooLarge,
    /// Width or height is 0.
    #[error("width and height must be more than 0")]
    Empty,
    /// Too many images wait for a decoder.
    #[error("too many thumbnails are being made")]
    Busy,
    /// The machine starts no decoder.
    #[error("no decoder can be started: {0}")]
    NoDecoder(io::Error),
}

impl From<Failed> for ThumbnailError {
    fn from(failed: Failed) -> Self {
        match failed {
            Failed::Busy => Self::Busy,
            Failed::NoDecoder(error) => Self::NoDecoder(error),
        }
    }
}

/// What is made of which content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Wanted {
    source: Digest,
    size: Size,
    /// Whether it may move.
    animated: bool,
}

impl Wanted {
    /// The method's name in the table.
    fn method(self) -> &'static str {
        match (self.size.method, self.animated) {
            (Method::Crop, false) => "crop",
            (Method::Scale, false) => "scale",
            (Method::Crop, true) => "crop animated",
            (Method::Scale, true) => "scale animated",
        }
    }
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
    outcomes: Cache<Wanted, Outcome>,
    decoders: Decoders,
}

impl Thumbnails {
    pub(crate) fn new(decoding: Decoding, count: usize) -> Self {
        Self { outcomes: Cache::new(CACHED), decoders: Decoders::new(decoding, count) }
    }
}

impl Media {
    /// An image of the media `mxc://server_name/media_id` that has at least the asked size, unless the media itself is
    /// smaller. Only if it may be `animated`, it moves as the media does, within limits.
    ///
    /// # Errors
    /// See [`ThumbnailError`].
    pub async fn thumbnail(
        &self,
        server_name: &str,
        media_id: &str,
        wait_ms: u64,
        size: Size,
        animated: bool,
    ) -> Result<Thumbnail, ThumbnailError> {
        if size.width == 0 || size.height == 0 {
            return Err(ThumbnailError::Empty);
        }
        let size = size.rounded();
        let source = self.find_digest(server_name, media_id, wait_ms).await?;
        let wanted = Wanted { source, size, animated };
        for _ in 0..2 {
            let make = self.find_or_make(wanted);
            let outcome = self.thumbnails.outcomes.get_or_insert_async(&wanted, make).await?;
            let (content_type, digest) = match outcome {
                Outcome::Unsupported => return Err(ThumbnailError::Unsupported),
                Outcome::TooLarge => return Err(ThumbnailError::TooLarge),
                Outcome::Made { content_type, digest } => (content_type, digest),
            };
            if let Some(object) = self.blobs.find(&digest).await.map_err(FindError::from)? {
                return Ok(Thumbnail { content_type, digest, object });
            }
            // Somebody removed the file: it is made anew.
            self.thumbnails.outcomes.remove(&wanted);
        }
        Err(FindError::Unknown.into())
    }

    /// The BlurHash of an image that was uploaded here (MSC2448); `None` if it is none that this server reads.
    ///
    /// # Errors
    /// See [`ThumbnailError`].
    pub async fn blurhash(&self, media_id: &str) -> Result<Option<String>, ThumbnailError> {
        let server_name = self.settings.server_name.as_str();
        let source = self.find_digest(server_name, media_id, 0).await?;
        let made = self.decode(source, Job::BlurHash).await?;
        Ok(made.ok().and_then(|made| String::from_utf8(made.bytes).ok()))
    }

    /// Lets a decoder look at an image, to see whether this machine can run one.
    ///
    /// # Errors
    /// Says what is wrong.
    pub async fn check_decoders(&self) -> Result<(), String> {
        let open = async {
            let (file, mut sent) = io::pipe().map_err(Failed::from)?;
            sent.write_all(PROBE).map_err(Failed::from)?;
            Ok::<_, Failed>((File::from(OwnedFd::from(file)), PROBE.len() as u64))
        };
        let limits = self.limits();
        match self.thumbnails.decoders.run(Job::BlurHash, limits, open).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => Err("the decoder of images dies".to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    fn limits(&self) -> Limits {
        Limits { pixels_max: self.settings.pixels_max, bytes_max: self.settings.decoder_bytes_max }
    }

    async fn find_or_make(&self, wanted: Wanted) -> Result<Outcome, ThumbnailError> {
        let Wanted { source, size, animated } = wanted;
        let (reader, method) = (&self.store.db, wanted.method());
        let row = media::find_thumbnail(reader, &source.0, size.width, size.height, method).await;
        if let Some(row) = row.map_err(FindError::from)?
            && let Some(digest) = Digest::from_bytes(&row.digest)
            && self.blobs.find(&digest).await.map_err(FindError::from)?.is_some()
        {
            return Ok(Outcome::Made { content_type: row.content_type, digest });
        }
        match self.decode(source, Job::Thumbnail { size, animated }).await? {
            Ok(encoded) => self.keep(wanted, encoded).await,
            Err(DecodeError::TooLarge) => Ok(Outcome::TooLarge),
            Err(DecodeError::Unsupported) => Ok(Outcome::Unsupported),
        }
    }

    async fn decode(
        &self,
        source: Digest,
        job: Job,
    ) -> Result<Result<Encoded, DecodeError>, ThumbnailError> {
        let open = async {
            let object = self.blobs.find(&source).await.map_err(FindError::from)?;
            let object = object.ok_or(FindError::Unknown)?;
            let bytes = object.bytes();
            let file = object.into_file().await.map_err(FindError::from)?;
            Ok::<_, ThumbnailError>((file, bytes))
        };
        self.thumbnails.decoders.run(job, self.limits(), open).await
    }

    async fn keep(&self, wanted: Wanted, encoded: Encoded) -> Result<Outcome, ThumbnailError> {
        let mut upload = self.blobs.begin().await.map_err(FindError::from)?;
        upload.write(Bytes::from(encoded.bytes)).await.map_err(FindError::from)?;
        let finished = upload.finish().await.map_err(FindError::from)?;
        let _kept = self.deletions.read().await;
        let stored = finished.name().await.map_err(FindError::from)?;
        let row = ThumbnailRow {
            width: wanted.size.width,
            height: wanted.size.height,
            method: wanted.method(),
            content_type: encoded.content_type.to_owned(),
            bytes: i64::try_from(stored.bytes).unwrap_or(i64::MAX),
            digest: stored.digest.0.to_vec(),
        };
        let mut write = Write::new();
        media::upsert_thumbnail(&mut write, &wanted.source.0, &row, self.store.clock.now_ms());
        self.store.write(write).await.map_err(|error| FindError::from(db::Error::from(error)))?;
        Ok(Outcome::Made { content_type: row.content_type, digest: stored.digest })
    }
}

#[cfg(test)]
mod tests;
