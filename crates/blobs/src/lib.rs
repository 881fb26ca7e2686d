//! Objects on disk, named by the SHA-256 of their content.
//!
//! Layout of the folder: `objects/ab/cd/<64 hex digits>`, and `uploads/` for what is being written. An object appears
//! under its name in one step, after its bytes are on disk; the same content is kept once.
//!
//! Invariants:
//! - No path is made from anything that a user sent: names are digests that this crate computed, or 32 bytes.
//! - When [`Upload::finish`] answers, object and name survive a crash.
mod digest;
mod error;
mod list;
mod object;
mod upload;

#[cfg(test)]
mod tests;

use std::{
    fs::{self, DirBuilder},
    io,
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

use entropy::SharedEntropy;

pub use self::{
    digest::Digest,
    error::Error,
    list::Listed,
    object::{Object, ObjectStream},
    upload::{Stored, Upload},
};

/// The folder.
#[derive(Clone)]
pub struct Blobs {
    root: PathBuf,
    entropy: SharedEntropy,
}

impl Blobs {
    /// Opens the folder at `root`, makes it if need be, and removes uploads that a crash has left behind.
    ///
    /// # Errors
    /// Fails if the folder can't be made or read.
    pub async fn open(root: PathBuf, entropy: SharedEntropy) -> Result<Self, Error> {
        let this = Self { root, entropy };
        let (objects, uploads) = (this.root.join("objects"), this.uploads());
        blocking(move || {
            make_folder(&objects)?;
            make_folder(&uploads)?;
            for left in fs::read_dir(&uploads)? {
                fs::remove_file(left?.path())?;
            }
            Ok(())
        })
        .await?;
        Ok(this)
    }

    /// Begins an upload.
    ///
    /// # Errors
    /// Fails if no file can be made.
    pub async fn begin(&self) -> Result<Upload, Error> {
        let name = entropy::token(&*self.entropy, 16);
        Upload::begin(self.clone(), self.uploads().join(name)).await
    }

    /// The object of this digest, if there is one.
    ///
    /// # Errors
    /// Fails if it can't be read.
    pub async fn find(&self, digest: &Digest) -> Result<Option<Object>, Error> {
        let path = self.path(digest);
        blocking(move || Object::open(&path)).await
    }

    /// Removes an object; one that is not there is no error.
    ///
    /// # Errors
    /// Fails if it can't be removed.
    pub async fn remove(&self, digest: &Digest) -> Result<(), Error> {
        let path = self.path(digest);
        blocking(move || match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        })
        .await
    }

    /// Up to `limit` objects behind `after`, in order of their digests.
    ///
    /// # Errors
    /// Fails if the folder can't be read.
    pub async fn list(&self, after: Option<Digest>, limit: usize) -> Result<Vec<Listed>, Error> {
        let objects = self.root.join("objects");
        blocking(move || list::list(&objects, after, limit)).await
    }

    fn uploads(&self) -> PathBuf {
        self.root.join("uploads")
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        let Digest(bytes) = digest;
        let [first, second, ..] = *bytes;
        let folder =
            self.root.join("objects").join(format!("{first:02x}")).join(format!("{second:02x}"));
        folder.join(digest.to_string())
    }
}

/// Makes a folder that only this user can read, and those above it. A new folder is on disk when this returns.
fn make_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        make_folder(parent)?;
    }
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).map_or(Ok(()), sync_folder)
}

/// Makes the names in a folder survive a crash.
fn sync_folder(path: &Path) -> io::Result<()> {
    fs::File::open(path)?.sync_all()
}

/// Runs what may wait for the disk on a thread that may wait.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(io::Error::other)??)
}
