//! Writing an object: into a file of its own, hashed on the way, brought to where it stays, named at the end.
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Seek as _, SeekFrom, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::PathBuf,
};

use bytes::{Bytes, BytesMut};
use sha2::{Digest as _, Sha256};

use crate::{Blobs, Digest, Error, Remote, blocking};

/// Bytes gathered before they go to the disk: a small upload is one write.
const BUFFER_BYTES: usize = 256 * 1024;

/// An object that is being written. Dropped before [`Finished::name`], it leaves nothing behind.
pub struct Upload {
    blobs: Blobs,
    buffer: BytesMut,
    written: Option<Written>,
    bytes: u64,
}

/// What was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its name.
    pub digest: Digest,
    /// Its length in bytes.
    pub bytes: u64,
}

/// An object whose bytes are where they stay.
pub struct Finished {
    blobs: Blobs,
    file: TemporaryFile,
    stored: Stored,
}

/// The part that is on its way to the disk.
pub(crate) struct Written {
    file: File,
    hash: Sha256,
    path: TemporaryFile,
}

/// Removes the file when it is dropped, unless it was moved away.
pub(crate) struct TemporaryFile(pub(crate) PathBuf);

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        // It may have been moved already, and after a crash it is removed at the next start.
        drop(fs::remove_file(&self.0));
    }
}

impl Upload {
    pub(crate) async fn begin(blobs: Blobs) -> Result<Self, Error> {
        let path = blobs.temporary();
        let written = blocking(move || Written::begin(path)).await?;
        Ok(Self { blobs, buffer: BytesMut::new(), written: Some(written), bytes: 0 })
    }

    /// How many bytes there are so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Appends a piece.
    ///
    /// # Errors
    /// Fails if the disk fails; the upload can't be continued then.
    pub async fn write(&mut self, piece: Bytes) -> Result<(), Error> {
        self.bytes += piece.len() as u64;
        self.buffer.extend_from_slice(&piece);
        if self.buffer.len() >= BUFFER_BYTES {
            let mut written = self.take()?;
            let buffer = self.buffer.split().freeze();
            self.written = Some(
                blocking(move || {
                    written.append(&buffer)?;
                    Ok(written)
                })
                .await?,
            );
        }
        Ok(())
    }

    /// Brings the bytes to where they stay: to the disk, or to the bucket, which has them when this returns.
    ///
    /// # Errors
    /// Fails if the disk or the bucket fails; nothing is stored then.
    pub async fn finish(mut self) -> Result<Finished, Error> {
        let mut written = self.take()?;
        let (buffer, bytes) = (self.buffer.split().freeze(), self.bytes);
        let blobs = self.blobs;
        let is_local = blobs.remote_for_new().is_none();
        let (digest, path) = blocking(move || {
            written.append(&buffer)?;
            if is_local {
                written.file.sync_all()?;
            }
            Ok((Digest(written.hash.finalize().into()), written.path))
        })
        .await?;
        let finished = Finished { blobs, file: path, stored: Stored { digest, bytes } };
        if let Some(remote) = finished.blobs.remote_for_new() {
            finished.send(remote).await?;
        }
        Ok(finished)
    }

    fn take(&mut self) -> Result<Written, Error> {
        let ended = || io::Error::other("the upload has failed before");
        Ok(self.written.take().ok_or_else(ended)?)
    }
}

impl Finished {
    /// The object's name.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.stored.digest
    }

    /// Names the object. When this returns, it can be found, and survives a crash. Takes a moment only, so that objects
    /// can be kept from being removed between this and the mention of their name.
    ///
    /// # Errors
    /// Fails if the disk or the bucket fails; nothing is stored then.
    pub async fn name(self) -> Result<Stored, Error> {
        let stored = self.stored;
        if let Some(remote) = self.blobs.remote_for_new() {
            // Somebody may have removed the same content in the meantime, as nothing mentions it yet.
            if remote.bucket.find(&stored.digest).await? != Some(stored.bytes) {
                self.send(remote).await?;
            }
            return Ok(stored);
        }
        blocking(move || {
            self.blobs.0.disk.name(&self.file.0, &stored.digest)?;
            Ok(stored)
        })
        .await
    }

    async fn send(&self, remote: &Remote) -> Result<(), Error> {
        let file = tokio::fs::File::open(&self.file.0).await?;
        remote.bucket.store(&self.stored.digest, file, self.stored.bytes).await
    }
}

impl Blobs {
    /// The bucket, if new objects are stored there.
    fn remote_for_new(&self) -> Option<&Remote> {
        self.0.remote.as_ref().filter(|remote| remote.takes_new)
    }
}

impl Written {
    pub(crate) fn begin(path: PathBuf) -> io::Result<Self> {
        // Read again by whoever fetches into it.
        let file =
            OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
        Ok(Self { file, hash: Sha256::new(), path: TemporaryFile(path) })
    }

    pub(crate) fn append(&mut self, piece: &[u8]) -> io::Result<()> {
        self.hash.update(piece);
        self.file.write_all(piece)
    }

    /// The file at its beginning, what it holds, and its place.
    pub(crate) fn end(mut self) -> io::Result<(File, Digest, TemporaryFile)> {
        self.file.seek(SeekFrom::Start(0))?;
        Ok((self.file, Digest(self.hash.finalize().into()), self.path))
    }
}
