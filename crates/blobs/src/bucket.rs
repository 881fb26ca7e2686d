//! Objects in a bucket of an S3-compatible store.
//!
//! What is asked of the store is asked again a few times, for a bounded time; what fails then, fails.
mod settings;

use std::{error::Error as StdError, io::SeekFrom, ops::Range, path, sync::Arc};

use bytes::{Bytes, BytesMut};
use futures_util::{StreamExt as _, TryStreamExt as _, stream, stream::BoxStream};
use object_store::{
    GetOptions, GetRange, MultipartUpload, ObjectMeta, ObjectStore, ObjectStoreExt as _,
    PutPayload,
    client::{HttpError, HttpErrorKind},
    path::Path,
};
use tokio::{
    fs::File,
    io::{AsyncReadExt as _, AsyncSeekExt as _},
};

pub use self::settings::{BucketSettings, Credentials};
use crate::{Digest, Error, Listed};

/// Larger objects are sent in parts of this length: what is lost on the way is sent again, but not all of it.
const PART_BYTES: u64 = 8 << 20;

/// The object that [`Bucket::check`] writes.
const PROBE: &str = "longhouse-probe";

/// Why a bucket can't be used.
#[derive(Debug, thiserror::Error)]
pub enum BucketError {
    /// The settings make no sense.
    #[error("the settings of the bucket: {0}")]
    Settings(String),
    /// The file of certificates can't be read.
    #[error("the certificates in {path}: {why}")]
    Certificates {
        /// The file.
        path: path::PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// There is no such bucket.
    #[error("there is no bucket {0}")]
    NoBucket(String),
    /// The store does not let us in.
    #[error("the store refuses the credentials for the bucket {bucket}: {why}")]
    Refused {
        /// The bucket.
        bucket: String,
        /// What it says.
        why: String,
    },
    /// The store answers something else than it should.
    #[error("the bucket {bucket} does not work: {why}")]
    Broken {
        /// The bucket.
        bucket: String,
        /// What it says.
        why: String,
    },
    /// The store does not answer; that may pass.
    #[error("the store of the bucket {bucket} does not answer: {why}")]
    Away {
        /// The bucket.
        bucket: String,
        /// Why.
        why: String,
    },
}

/// The bucket. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Bucket {
    store: Arc<dyn ObjectStore>,
    name: String,
    /// What all keys begin with.
    prefix: Path,
}

impl Bucket {
    /// The bucket of these settings. It is not asked for yet.
    ///
    /// # Errors
    /// Fails if the settings make no sense, or if a file that they name can't be read.
    pub fn new(settings: &BucketSettings) -> Result<Self, BucketError> {
        let store = Arc::new(settings.build()?);
        Self::over(store, settings.bucket.clone(), &settings.prefix)
    }

    /// A bucket in memory.
    #[cfg(any(test, feature = "testing"))]
    #[must_use]
    pub fn in_memory() -> Self {
        let store = Arc::new(object_store::memory::InMemory::new());
        Self { store, name: "memory".to_owned(), prefix: Path::from("media") }
    }

    fn over(store: Arc<dyn ObjectStore>, name: String, prefix: &str) -> Result<Self, BucketError> {
        let prefix =
            Path::parse(prefix).map_err(|error| BucketError::Settings(error.to_string()))?;
        Ok(Self { store, name, prefix })
    }

    /// Writes a little object, reads and removes it, to see whether the bucket is there and lets us in.
    ///
    /// # Errors
    /// See [`BucketError`].
    pub async fn check(&self) -> Result<(), BucketError> {
        self.probe().await.map_err(|error| self.verdict(&error))
    }

    async fn probe(&self) -> Result<(), object_store::Error> {
        let path = self.prefix.clone().join(PROBE);
        self.store.put(&path, PutPayload::from_static(b"longhouse")).await?;
        self.store.get(&path).await?.bytes().await?;
        self.store.delete(&path).await
    }

    fn verdict(&self, error: &object_store::Error) -> BucketError {
        let (bucket, why) = (self.name.clone(), reason(error));
        match error {
            object_store::Error::NotFound { .. } => BucketError::NoBucket(bucket),
            object_store::Error::PermissionDenied { .. }
            | object_store::Error::Unauthenticated { .. } => BucketError::Refused { bucket, why },
            error if may_pass(error) => BucketError::Away { bucket, why },
            _ => BucketError::Broken { bucket, why },
        }
    }

    /// The length of an object, if it is there.
    pub(crate) async fn find(&self, digest: &Digest) -> Result<Option<u64>, Error> {
        match self.store.head(&self.path(digest)).await {
            Ok(object) => Ok(Some(object.size)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The bytes in `range`, which is not empty; `None` if the object is not there.
    pub(crate) async fn read(
        &self,
        digest: &Digest,
        range: Range<u64>,
    ) -> Result<Option<BoxStream<'static, Result<Bytes, Error>>>, Error> {
        let options = GetOptions { range: Some(GetRange::Bounded(range)), ..GetOptions::default() };
        match self.store.get_opts(&self.path(digest), options).await {
            Ok(found) => Ok(Some(found.into_stream().map_err(Error::from).boxed())),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Stores a file. When this returns, the store has it.
    pub(crate) async fn store(
        &self,
        digest: &Digest,
        mut file: File,
        bytes: u64,
    ) -> Result<(), Error> {
        let path = self.path(digest);
        file.seek(SeekFrom::Start(0)).await?;
        if bytes <= PART_BYTES {
            let content = read_part(&mut file, bytes).await?;
            self.store.put(&path, content.into()).await?;
            return Ok(());
        }
        let mut upload = self.store.put_multipart(&path).await?;
        let sent = send_parts(&mut *upload, &mut file, bytes).await;
        if sent.is_err()
            && let Err(error) = upload.abort().await
        {
            tracing::warn!(%digest, %error, "parts of an upload are left in the bucket");
        }
        sent
    }

    /// Removes objects, many with one request; one that is not there is no error.
    pub(crate) async fn remove(&self, digests: &[Digest]) -> Result<(), Error> {
        let paths: Vec<_> = digests.iter().map(|digest| Ok(self.path(digest))).collect();
        let mut removed = self.store.delete_stream(stream::iter(paths).boxed());
        while let Some(one) = removed.next().await {
            match one {
                Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Up to `limit` objects behind `after` in order of their digests. What has another name is passed over.
    pub(crate) async fn list(
        &self,
        after: Option<Digest>,
        limit: usize,
    ) -> Result<Vec<Listed>, Error> {
        let objects = self.objects();
        let found = match after {
            Some(after) => self.store.list_with_offset(Some(&objects), &self.path(&after)),
            None => self.store.list(Some(&objects)),
        };
        let listed = |object: ObjectMeta| {
            let digest = object.location.filename().and_then(Digest::parse)?;
            let is_ours = self.path(&digest) == object.location;
            is_ours.then(|| Listed { digest, modified_ms: object.last_modified.timestamp_millis() })
        };
        let found = found.try_filter_map(|object| std::future::ready(Ok(listed(object))));
        Ok(found.take(limit).try_collect().await?)
    }

    fn objects(&self) -> Path {
        self.prefix.clone().join("objects")
    }

    fn path(&self, digest: &Digest) -> Path {
        digest.path().split('/').fold(self.objects(), Path::join)
    }
}

/// Two parts at a time, so that the next one is read while one is on its way.
async fn send_parts(
    upload: &mut dyn MultipartUpload,
    file: &mut File,
    bytes: u64,
) -> Result<(), Error> {
    let (mut left, mut on_its_way) = (bytes, None);
    while left > 0 {
        let length = left.min(PART_BYTES);
        let part = read_part(file, length);
        let content = match on_its_way.take() {
            Some(sending) => {
                let (content, ()) = futures_util::try_join!(part, sent(sending))?;
                content
            }
            None => part.await?,
        };
        left -= length;
        on_its_way = Some(upload.put_part(content.into()));
    }
    if let Some(sending) = on_its_way {
        sent(sending).await?;
    }
    upload.complete().await?;
    Ok(())
}

async fn sent(part: object_store::UploadPart) -> Result<(), Error> {
    Ok(part.await?)
}

/// The next `bytes` bytes.
async fn read_part(file: &mut File, bytes: u64) -> Result<Bytes, Error> {
    let length = usize::try_from(bytes).map_err(std::io::Error::other)?;
    let mut part = BytesMut::zeroed(length);
    file.read_exact(&mut part).await?;
    Ok(part.freeze())
}

/// Whether the same may work later: the store is away or overloaded, rather than of another opinion.
fn may_pass(error: &object_store::Error) -> bool {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<HttpError>() {
            return matches!(
                error.kind(),
                HttpErrorKind::Connect
                    | HttpErrorKind::Request
                    | HttpErrorKind::Timeout
                    | HttpErrorKind::Interrupted
            );
        }
        cause = error.source();
    }
    // The type that has the status is not public.
    error.to_string().contains("status code: 5")
}

/// What went wrong, without what was wrapped around it.
fn reason(error: &object_store::Error) -> String {
    let mut deepest: &(dyn StdError + 'static) = error;
    while let Some(cause) = deepest.source() {
        deepest = cause;
    }
    deepest.to_string()
}

#[cfg(test)]
mod tests;
