//! Opens the places of media: the folder, and the bucket if there is one.
use blobs::{Blobs, Bucket, BucketError, BucketSettings, BucketUse, Credentials};
use config::{Config, MediaS3};
use entropy::SharedEntropy;

use crate::{failure::Failure, folder::Folder};

/// The bucket of the configuration, if it has one.
pub(crate) fn bucket(section: &MediaS3, folder: &Folder) -> Result<Option<Bucket>, BucketError> {
    let Some(bucket) = section.bucket.clone() else { return Ok(None) };
    let secret = section.secret_access_key.as_ref().map(|secret| secret.expose().to_owned());
    let settings = BucketSettings {
        bucket,
        endpoint: section.endpoint.clone(),
        region: section.region.clone(),
        prefix: section.prefix.clone(),
        is_in_path: section.path_style,
        credentials: section.access_key_id.clone().zip(secret).map(
            |(access_key_id, secret_access_key)| Credentials { access_key_id, secret_access_key },
        ),
        ca_file: section.ca_file.as_ref().map(|path| folder.resolve(path)),
    };
    Bucket::new(&settings).map(Some)
}

/// Opens folder and bucket. A bucket that does not exist, or whose credentials are wrong, is a mistake that somebody has to
/// correct; one that does not answer comes back, and chat goes on without it.
pub(super) async fn open(
    config: &Config,
    folder: &Folder,
    entropy: SharedEntropy,
) -> Result<Blobs, Failure> {
    let root = folder.resolve(&config.media.folder);
    let opened = match bucket(&config.media_s3, folder).map_err(|error| wrong(&error))? {
        None => Blobs::open(root, entropy).await,
        Some(bucket) => {
            match bucket.check().await {
                Err(error @ BucketError::Away { .. }) => {
                    tracing::warn!(%error, "starting without media in the bucket");
                }
                checked => checked.map_err(|error| wrong(&error))?,
            }
            let how = BucketUse {
                takes_new: config.media_s3.new_files,
                cache_bytes_max: config.media_s3.cache_max.0,
            };
            Blobs::open_with_bucket(root, entropy, bucket, how).await
        }
    };
    opened.map_err(|error| Failure::of("cannot open the folder of media", &error))
}

fn wrong(error: &BucketError) -> Failure {
    Failure::of("cannot store media in the bucket", error)
        .next("See [media_s3] in docs/configuration.md; `longhouse doctor` tries it again.")
}
