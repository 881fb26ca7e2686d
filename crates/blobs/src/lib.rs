//! Objects, named by the SHA-256 of their content: in a folder, or in a bucket of an S3-compatible store.
//!
//! Layout of the folder: `objects/ab/cd/<64 hex digits>`; `uploads/` for what is being written; `cache/` for what was
//! fetched from the bucket lately. The bucket has the same layout below its prefix. An object appears under its name in
//! one step, after its bytes are where they stay; the same content is kept once.
//!
//! Where there is a bucket, there is still the folder: an object is looked for in both, so that objects can be moved from
//! one to the other while the server runs ([`Blobs::relocate`]).
//!
//! Invariants:
//! - No path is made from anything that a user sent: names are digests that this crate computed, or 32 bytes.
//! - When [`Finished::name`] answers, object and name survive a crash.
mod bucket;
mod cache;
mod digest;
mod disk;
mod error;
mod list;
mod object;
mod relocate;
mod upload;

#[cfg(test)]
mod tests;

use std::{io, path::PathBuf, sync::Arc};

use entropy::SharedEntropy;

pub use self::{
    bucket::{Bucket, BucketError, BucketSettings, Credentials},
    digest::Digest,
    error::Error,
    list::Listed,
    object::{Object, ObjectStream},
    upload::{Finished, Stored, Upload},
};
use self::{
    cache::Cache,
    disk::{Disk, make_empty_folder},
};

/// Where objects are.
#[derive(Clone)]
pub struct Blobs(Arc<Inner>);

struct Inner {
    root: PathBuf,
    disk: Disk,
    remote: Option<Remote>,
    entropy: SharedEntropy,
}

struct Remote {
    bucket: Bucket,
    takes_new: bool,
    cache: Cache,
}

/// One of the places where objects are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The folder.
    Disk,
    /// The bucket.
    Bucket,
}

/// How a bucket is used.
#[derive(Clone, Copy, Debug)]
pub struct BucketUse {
    /// Whether new objects are stored there; if not, they are stored in the folder.
    pub takes_new: bool,
    /// How much of what was fetched is kept in the folder, in bytes.
    pub cache_bytes_max: u64,
}

impl Blobs {
    /// Opens the folder at `root`, makes it if need be, and removes uploads that a crash has left behind.
    ///
    /// # Errors
    /// Fails if the folder can't be made or read.
    pub async fn open(root: PathBuf, entropy: SharedEntropy) -> Result<Self, Error> {
        Self::open_both(root, entropy, None).await
    }

    /// As [`Blobs::open`], with a bucket beside the folder.
    ///
    /// # Errors
    /// Fails if the folder can't be made or read. The bucket is not asked: see [`Bucket::check`].
    pub async fn open_with_bucket(
        root: PathBuf,
        entropy: SharedEntropy,
        bucket: Bucket,
        BucketUse { takes_new, cache_bytes_max }: BucketUse,
    ) -> Result<Self, Error> {
        let cache = Cache::new(root.join("cache"), cache_bytes_max);
        Self::open_both(root, entropy, Some(Remote { bucket, takes_new, cache })).await
    }

    async fn open_both(
        root: PathBuf,
        entropy: SharedEntropy,
        remote: Option<Remote>,
    ) -> Result<Self, Error> {
        let disk = Disk::new(&root);
        let this = Self(Arc::new(Inner { root, disk, remote, entropy }));
        let (disk, uploads) = (this.0.disk.clone(), this.uploads());
        let cache = this.0.remote.as_ref().map(|remote| remote.cache.folder().to_owned());
        blocking(move || {
            disk.make()?;
            make_empty_folder(&uploads)?;
            // What is cached is not on disk for sure: after a crash, files may have holes.
            cache.as_deref().map_or(Ok(()), make_empty_folder)
        })
        .await?;
        Ok(this)
    }

    /// Begins an upload.
    ///
    /// # Errors
    /// Fails if no file can be made.
    pub async fn begin(&self) -> Result<Upload, Error> {
        Upload::begin(self.clone()).await
    }

    /// The object of this digest, if there is one.
    ///
    /// # Errors
    /// Fails if it can't be read.
    pub async fn find(&self, digest: &Digest) -> Result<Option<Object>, Error> {
        if let Some(object) = self.find_here(digest).await? {
            return Ok(Some(object));
        }
        let Some(remote) = &self.0.remote else { return Ok(None) };
        let Some(bytes) = remote.bucket.find(digest).await? else {
            // It may have been moved here since.
            return self.find_on_disk(digest).await;
        };
        if remote.cache.takes(bytes) {
            // Whoever looks at a picture looks at it again, and players of video ask for one part after the other.
            let fetched = self.fetch(remote, digest, bytes).await?;
            return Ok(fetched.map(|file| Object::file(file, bytes)));
        }
        Ok(Some(Object::remote(self.clone(), *digest, bytes)))
    }

    async fn find_here(&self, digest: &Digest) -> Result<Option<Object>, Error> {
        if let Some(object) = self.find_on_disk(digest).await? {
            return Ok(Some(object));
        }
        match &self.0.remote {
            Some(remote) => {
                let cached = remote.cache.find(digest).await?;
                Ok(cached.map(|(file, bytes)| Object::file(file, bytes)))
            }
            None => Ok(None),
        }
    }

    async fn find_on_disk(&self, digest: &Digest) -> Result<Option<Object>, Error> {
        let found = self.0.disk.find(digest).await?;
        Ok(found.map(|(file, bytes)| Object::file(file, bytes)))
    }

    /// Removes objects, wherever they are; one that is not there is no error.
    ///
    /// # Errors
    /// Fails if one can't be removed; others may have been.
    pub async fn remove(&self, digests: &[Digest]) -> Result<(), Error> {
        let (this, here) = (self.clone(), digests.to_vec());
        blocking(move || {
            here.iter().try_for_each(|digest| {
                this.0.disk.remove(digest)?;
                this.0.remote.as_ref().map_or(Ok(()), |remote| remote.cache.remove(digest))
            })
        })
        .await?;
        match &self.0.remote {
            Some(remote) => remote.bucket.remove(digests).await,
            None => Ok(()),
        }
    }

    /// The places where objects may be.
    #[must_use]
    pub fn places(&self) -> &'static [Place] {
        if self.0.remote.is_some() { &[Place::Disk, Place::Bucket] } else { &[Place::Disk] }
    }

    /// Where new objects are stored.
    #[must_use]
    pub fn place_of_new(&self) -> Place {
        let takes_new = self.0.remote.as_ref().is_some_and(|remote| remote.takes_new);
        if takes_new { Place::Bucket } else { Place::Disk }
    }

    /// Up to `limit` objects of a place behind `after`, in order of their digests.
    ///
    /// # Errors
    /// Fails if the place can't be read.
    pub async fn list(
        &self,
        place: Place,
        after: Option<Digest>,
        limit: usize,
    ) -> Result<Vec<Listed>, Error> {
        match (place, &self.0.remote) {
            (Place::Disk, _) => self.0.disk.list(after, limit).await,
            (Place::Bucket, Some(remote)) => remote.bucket.list(after, limit).await,
            (Place::Bucket, None) => Ok(Vec::new()),
        }
    }

    fn uploads(&self) -> PathBuf {
        self.0.root.join("uploads")
    }

    /// The path of a new temporary file.
    fn temporary(&self) -> PathBuf {
        self.uploads().join(entropy::token(&*self.0.entropy, 16))
    }
}

/// Runs what may wait for the disk on a thread that may wait.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(io::Error::other)??)
}
