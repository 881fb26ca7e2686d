//! Media: uploads, downloads and thumbnails ([spec]).
//!
//! Invariants:
//! - A row exists only for content that is on disk: the object is durable before the row is written.
//! - What users call a file or its type never becomes part of a path.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#content-repository
mod announce;
mod content_type;
mod find;
pub mod thumbnails;
mod upload;

#[cfg(test)]
mod testing;

use blobs::Blobs;
use protocol::ids::OwnedServerName;
use store::Store;
use tokio::sync::Notify;

use self::thumbnails::Thumbnails;
pub use self::{
    announce::{AnnounceError, Announcement},
    content_type::is_safe_inline,
    find::{FindError, Medium, WAIT_MS_DEFAULT, WAIT_MS_MAX},
    upload::{Description, UploadError},
};

/// Limits and names.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The server whose media these are.
    pub server_name: OwnedServerName,
    /// The largest upload, in bytes.
    pub upload_bytes_max: u64,
    /// The most pixels of an image that is decoded.
    pub pixels_max: u64,
    /// The most memory that one decoder may take for pixels, in bytes.
    pub decoder_bytes_max: u64,
    /// How many images are decoded at the same time.
    pub decoders: usize,
    /// Whether the paths that the specification has frozen serve media to anybody.
    pub legacy_unauthenticated: bool,
}

/// The service.
pub struct Media {
    store: Store,
    blobs: Blobs,
    settings: Settings,
    thumbnails: Thumbnails,
    /// Wakes whoever waits for an announced upload, whichever it is.
    uploaded: Notify,
}

impl Media {
    /// The service over the objects in `blobs`.
    #[must_use]
    pub fn new(store: Store, blobs: Blobs, settings: Settings) -> Self {
        let thumbnails = Thumbnails::new(settings.decoders);
        Self { store, blobs, settings, thumbnails, uploaded: Notify::new() }
    }

    /// The largest upload, in bytes.
    #[must_use]
    pub fn upload_bytes_max(&self) -> u64 {
        self.settings.upload_bytes_max
    }

    /// Whether media are served to anybody, at the paths that the specification has frozen ([spec]).
    ///
    /// [spec]: https://spec.matrix.org/v1.16/client-server-api/#content-repository
    #[must_use]
    pub fn serves_anybody(&self) -> bool {
        self.settings.legacy_unauthenticated
    }

    fn new_media_id(&self) -> String {
        protocol::ids::media_id(&entropy::array(&*self.store.entropy))
    }
}

/// A text from outside that may be stored as a short field.
fn is_short_text(text: &str) -> bool {
    !text.is_empty() && text.len() <= 255 && !text.chars().any(char::is_control)
}
