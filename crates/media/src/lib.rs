//! Media: uploads, downloads and thumbnails ([spec]).
//!
//! Invariants:
//! - A row exists only for content that is stored: the object is durable before the row is written, and gone after it.
//! - What users call a file or its type never becomes part of a path.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#content-repository
mod announce;
mod content_type;
mod decoders;
mod delete;
mod find;
mod moderate;
mod moving;
mod quota;
mod retain;
pub mod thumbnails;
mod upload;

#[cfg(test)]
mod testing;

use std::collections::HashMap;

use blobs::Blobs;
pub use blobs::Place;
use parking_lot::Mutex;
use protocol::ids::OwnedServerName;
use store::Store;
use tokio::sync::{Notify, RwLock};

pub use self::{
    announce::{AnnounceError, Announcement},
    content_type::is_safe_inline,
    decoders::{DecoderProgram, Decoding},
    delete::DeleteError,
    find::{FindError, Medium, WAIT_MS_DEFAULT, WAIT_MS_MAX},
    moderate::ModerateError,
    moving::{Move, MoveState},
    quota::Quotas,
    retain::Deleted,
    upload::{Description, UploadError},
};
use self::{moving::Moving, thumbnails::Thumbnails};

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
    /// How images are decoded.
    pub decoding: Decoding,
    /// How many images are decoded at the same time.
    pub decoders: usize,
    /// How much users may upload.
    pub quotas: Quotas,
    /// Media that nobody has downloaded for so long are deleted, in milliseconds.
    pub unused_for_ms: Option<i64>,
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
    /// Held for reading while a content is named and its row written, and for writing while contents without a row are
    /// removed: none is removed that is about to have one.
    deletions: RwLock<()>,
    /// Which media were downloaded when (Unix ms), until it is written.
    uses: Mutex<HashMap<String, i64>>,
    moving: Moving,
}

impl Media {
    /// The service over the objects in `blobs`.
    #[must_use]
    pub fn new(store: Store, blobs: Blobs, settings: Settings) -> Self {
        let thumbnails = Thumbnails::new(settings.decoding.clone(), settings.decoders);
        Self {
            store,
            blobs,
            settings,
            thumbnails,
            uploaded: Notify::new(),
            deletions: RwLock::default(),
            uses: Mutex::default(),
            moving: Moving::default(),
        }
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

    /// The `mxc://` URI of media of this server.
    #[must_use]
    pub fn uri(&self, media_id: &str) -> String {
        format!("mxc://{}/{media_id}", self.settings.server_name)
    }

    fn new_media_id(&self) -> String {
        protocol::ids::media_id(&entropy::array(&*self.store.entropy))
    }
}

/// A text from outside that may be stored as a short field.
fn is_short_text(text: &str) -> bool {
    !text.is_empty() && text.len() <= 255 && !text.chars().any(char::is_control)
}
