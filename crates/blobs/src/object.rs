//! Reading an object, whole or in part.
use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    ops::Range,
    pin::Pin,
};

use bytes::Bytes;
use futures_util::{Stream, TryStreamExt as _, stream};

use crate::{Blobs, Digest, Error, blocking};

/// How much is read at once.
pub(crate) const PIECE_BYTES: usize = 256 * 1024;

/// The bytes of an object, piece by piece.
pub type ObjectStream = Pin<Box<dyn Stream<Item = Result<Bytes, Error>> + Send>>;

/// An object that can be read.
pub struct Object {
    source: Source,
    bytes: u64,
}

enum Source {
    File(File),
    /// In the bucket, of which it is asked when it is read.
    Remote(Blobs, Digest),
}

impl std::fmt::Debug for Object {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Object").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

impl Object {
    pub(crate) fn file(file: File, bytes: u64) -> Self {
        Self { source: Source::File(file), bytes }
    }

    pub(crate) fn remote(blobs: Blobs, digest: Digest, bytes: u64) -> Self {
        Self { source: Source::Remote(blobs, digest), bytes }
    }

    /// Its length in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// A file with the whole object, at its beginning: for readers that block.
    ///
    /// # Errors
    /// Fails if the object can't be read.
    pub async fn into_file(self) -> Result<File, Error> {
        match self.source {
            Source::File(file) => Ok(file),
            Source::Remote(blobs, digest) => blobs.fetch_to_file(&digest, self.bytes).await,
        }
    }

    /// The bytes in `range`, which is cut to the object.
    #[must_use]
    pub fn stream(self, range: Range<u64>) -> ObjectStream {
        let end = range.end.min(self.bytes);
        let start = range.start.min(end);
        match self.source {
            Source::File(file) => file_stream(file, start, end),
            Source::Remote(..) if start == end => Box::pin(stream::empty()),
            Source::Remote(blobs, digest) => {
                let open = async move { blobs.open_remote(&digest, start..end).await };
                Box::pin(stream::once(open).try_flatten())
            }
        }
    }
}

impl Blobs {
    /// The bytes of an object that was in the bucket a moment ago.
    async fn open_remote(&self, digest: &Digest, range: Range<u64>) -> Result<ObjectStream, Error> {
        if let Some(remote) = &self.0.remote
            && let Some(bytes) = remote.bucket.read(digest, range.clone()).await?
        {
            return Ok(bytes);
        }
        // It may have been moved here since.
        let found = self.0.disk.find(digest).await?;
        let gone = || io::Error::new(io::ErrorKind::NotFound, "the object was removed");
        let (file, _) = found.ok_or_else(gone)?;
        Ok(file_stream(file, range.start, range.end))
    }
}

fn file_stream(file: File, start: u64, end: u64) -> ObjectStream {
    let state = Reading { file, position: start, end };
    Box::pin(stream::try_unfold(state, |state| async move {
        if state.position >= state.end {
            return Ok(None);
        }
        blocking(move || state.next()).await
    }))
}

struct Reading {
    file: File,
    position: u64,
    end: u64,
}

impl Reading {
    fn next(mut self) -> io::Result<Option<(Bytes, Self)>> {
        let left = usize::try_from(self.end - self.position).unwrap_or(PIECE_BYTES);
        let mut piece = vec![0; left.min(PIECE_BYTES)];
        self.file.seek(SeekFrom::Start(self.position))?;
        self.file.read_exact(&mut piece)?;
        self.position += piece.len() as u64;
        Ok(Some((piece.into(), self)))
    }
}
