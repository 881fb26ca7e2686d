//! `[media]`
use std::path::PathBuf;

use crate::{section::section, value::Bytes};

section! {
    /// Files that users upload.
    pub struct Media in "media" {
        /// The folder, relative to the data folder.
        pub folder: PathBuf = PathBuf::from("media"),
        /// The largest upload.
        pub upload_max: Bytes = Bytes::mebibytes(50),
        /// The most pixels (width times height) an image may have to get a thumbnail.
        pub thumbnail_pixels_max: u32 = 32_000_000,
        /// The most memory that decoding one image may take.
        pub thumbnail_memory_max: Bytes = Bytes::mebibytes(256),
        /// Whether anybody can download media without an access token, at the paths that the
        /// specification has frozen. For clients older than Matrix 1.11.
        pub legacy_unauthenticated: bool = false,
    }
    check(this, complaints) {
        if this.upload_max.0 == 0 {
            complaints.push(("upload_max", "expected more than 0".to_owned()));
        }
        if this.thumbnail_pixels_max == 0 {
            complaints.push(("thumbnail_pixels_max", "expected more than 0".to_owned()));
        }
        if this.thumbnail_memory_max < Bytes::mebibytes(1) {
            complaints.push(("thumbnail_memory_max", "expected at least 1 MiB".to_owned()));
        }
    }
}
