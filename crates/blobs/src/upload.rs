//! Writing an object: into a file of its own, hashed on the way, named at the end.
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::PathBuf,
};

use bytes::{Bytes, BytesMut};
use sha2::{Digest as _, Sha256};

use crate::{Blobs, Digest, Error, blocking, make_folder, sync_folder};

/// Bytes gathered before they go to the disk: a small upload is one write.
const BUFFER_BYTES: usize = 256 * 1024;

/// An object that is being written. Dropped before [`Self::finish`], it leaves nothing behind.
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

/// The part that is on its way to the disk.
struct Written {
    file: File,
    hash: Sha256,
    path: TemporaryPath,
}

/// Removes the file unless it was moved away.
struct TemporaryPath(PathBuf);

impl Drop for TemporaryPath {
    fn drop(&mut self) {
        // It may have been moved already, and after a crash it is removed at the next start.
        drop(fs::remove_file(&self.0));
    }
}

impl Upload {
    pub(crate) async fn begin(blobs: Blobs, path: PathBuf) -> Result<Self, Error> {
        let written = blocking(move || {
            let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
            Ok(Written { file, hash: Sha256::new(), path: TemporaryPath(path) })
        })
        .await?;
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

    /// Names the object. When this returns, it survives a crash.
    ///
    /// # Errors
    /// Fails if the disk fails; nothing is stored then.
    pub async fn finish(mut self) -> Result<Stored, Error> {
        let mut written = self.take()?;
        let (buffer, blobs, bytes) = (self.buffer.split().freeze(), self.blobs.clone(), self.bytes);
        blocking(move || {
            written.append(&buffer)?;
            written.file.sync_all()?;
            let digest = Digest(written.hash.finalize().into());
            let path = blobs.path(&digest);
            let folder =
                path.parent().ok_or_else(|| io::Error::other("an object without folder"))?;
            make_folder(folder)?;
            // The same content may be there already: replacing it by itself changes nothing.
            fs::rename(&written.path.0, &path)?;
            sync_folder(folder)?;
            Ok(Stored { digest, bytes })
        })
        .await
    }

    fn take(&mut self) -> Result<Written, Error> {
        let ended = || io::Error::other("the upload has failed before");
        Ok(self.written.take().ok_or_else(ended)?)
    }
}

impl Written {
    fn append(&mut self, piece: &[u8]) -> io::Result<()> {
        self.hash.update(piece);
        self.file.write_all(piece)
    }
}
