//! `[media]`
use std::path::PathBuf;

use crate::{
    section::section,
    value::{Bytes, Lifetime},
};

section! {
    /// Files that users upload.
    pub struct Media in "media" {
        /// The folder, relative to the data folder.
        pub folder: PathBuf = PathBuf::from("media"),
        /// The largest upload.
        pub upload_max: Bytes = Bytes::mebibytes(50),
        /// How much all uploads of a user may take together; without it there is no limit. A user can be
        /// given another with `longhouse media quota`.
        pub user_quota: Option<Bytes> = None,
        /// How much a user may upload in a day (UTC); without it there is no limit.
        pub user_day_max: Option<Bytes> = None,
        /// Files that nobody has downloaded for so long are deleted; without it they are kept for ever.
        /// Pictures of users and rooms stay, and what is protected (`longhouse media protect`).
        pub delete_unused_after: Option<Lifetime> = None,
        /// The most pixels (width times height) an image may have to get a thumbnail.
        pub thumbnail_pixels_max: u32 = 32_000_000,
        /// The most memory that the pixels of one image may take. A decoder is a process of its own, which
        /// gets 320 MiB more for everything else.
        pub thumbnail_memory_max: Bytes = Bytes::mebibytes(256),
        /// Whether anybody can download media without an access token, at the paths that the
        /// specification has frozen. For clients older than Matrix 1.11.
        pub legacy_unauthenticated: bool = false,
    }
    check(this, complaints) {
        if this.upload_max.0 == 0 {
            complaints.push(("upload_max", "expected more than 0".to_owned()));
        }
        if this.delete_unused_after.is_some_and(|time| time < Lifetime::seconds(24 * 60 * 60)) {
            complaints.push(("delete_unused_after", "expected at least a day".to_owned()));
        }
        if this.thumbnail_pixels_max == 0 {
            complaints.push(("thumbnail_pixels_max", "expected more than 0".to_owned()));
        }
        if this.thumbnail_memory_max < Bytes::mebibytes(1) {
            complaints.push(("thumbnail_memory_max", "expected at least 1 MiB".to_owned()));
        }
    }
}
