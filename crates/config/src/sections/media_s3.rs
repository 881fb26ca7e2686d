//! `[media_s3]`
use std::path::PathBuf;

use crate::{
    section::section,
    value::{Bytes, Secret},
};

section! {
    /// Files that users upload, in a bucket of an S3-compatible store rather than in the media folder. Files are found
    /// in both; `longhouse media move` moves them from one to the other while the server runs.
    pub struct MediaS3 in "media_s3" {
        /// The bucket. Without it there is none. Let its rules remove parts of uploads that nobody has
        /// completed (a crash leaves such), and nothing else.
        pub bucket: Option<String> = None,
        /// The URL of the store, such as `https://minio.example.org:9000`; without it, it is Amazon's.
        pub endpoint: Option<String> = None,
        /// The region. Stores other than Amazon's take any, most of them.
        pub region: String = "us-east-1".to_owned(),
        /// What all keys in the bucket begin with, such as `longhouse/media`.
        pub prefix: String = String::new(),
        /// The name of the key. Without it and its secret, credentials are looked for as Amazon's own
        /// tools do: `AWS_ACCESS_KEY_ID` and its like in the environment, web identity, container, machine.
        pub access_key_id: Option<String> = None,
        /// The key's secret.
        pub secret_access_key: Option<Secret> = None,
        /// Whether the bucket's name is part of the path (`https://store/bucket/key`, as most stores
        /// have it) rather than of the host (`https://bucket.store/key`, as Amazon prefers it).
        pub path_style: bool = true,
        /// Certificates (PEM) that are trusted beside the system's, relative to the data folder.
        pub ca_file: Option<PathBuf> = None,
        /// Whether new files are stored there. With `false`, they are stored in the media folder, and what
        /// is in the bucket is read and deleted only: for moving back.
        pub new_files: bool = true,
        /// How much of what was read lately is kept in the media folder; 0 is nothing.
        pub cache_max: Bytes = Bytes::mebibytes(1_024),
    }
    check(this, complaints) {
        if this.bucket.is_none() {
            let others = [
                ("endpoint", this.endpoint.is_some()),
                ("access_key_id", this.access_key_id.is_some()),
                ("secret_access_key", this.secret_access_key.is_some()),
            ];
            for (key, _) in others.into_iter().filter(|(_, is_set)| *is_set) {
                complaints.push((key, "has no effect without bucket".to_owned()));
            }
        }
        let is_url = |url: &String| url.starts_with("https://") || url.starts_with("http://");
        if !this.endpoint.as_ref().is_none_or(is_url) {
            complaints.push(("endpoint", "expected a URL that starts with https:// or http://".to_owned()));
        }
        if this.access_key_id.is_some() != this.secret_access_key.is_some() {
            complaints.push(("access_key_id", "goes with secret_access_key: set both or none".to_owned()));
        }
        if this.prefix.starts_with('/') || this.prefix.ends_with('/') {
            complaints.push(("prefix", "expected no slash at its beginning or end".to_owned()));
        }
    }
}
