//! The content repository: uploads, downloads and thumbnails.
mod announce;
mod disposition;
mod download;
mod download_named;
mod error;
mod get_config;
mod get_url_preview;
mod legacy_download;
mod legacy_download_named;
mod legacy_thumbnail;
mod range;
mod reply;
mod thumbnail;
mod upload;
mod upload_announced;

use endpoint::endpoints;

use crate::App;

endpoints! { App:
    upload,
    announce,
    upload_announced,
    get_config,
    get_url_preview,
    download,
    download_named,
    thumbnail,
    legacy_download,
    legacy_download_named,
    legacy_thumbnail,
}

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests;
