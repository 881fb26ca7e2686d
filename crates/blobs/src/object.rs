//! Reading an object, whole or in part.
use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    ops::Range,
    path::Path,
    pin::Pin,
};

use bytes::Bytes;
use futures_util::{Stream, stream};

use crate::{Error, blocking};

/// How much is read at once.
const PIECE_BYTES: usize = 256 * 1024;

/// The bytes of an object, piece by piece.
pub type ObjectStream = Pin<Box<dyn Stream<Item = Result<Bytes, Error>> + Send>>;

/// An object that is open for reading.
#[derive(Debug)]
pub struct Object {
    file: File,
    bytes: u64,
}

impl Object {
    pub(crate) fn open(path: &Path) -> io::Result<Option<Self>> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let bytes = file.metadata()?.len();
        Ok(Some(Self { file, bytes }))
    }

    /// Its length in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The file itself, at its beginning: for readers that block.
    #[must_use]
    pub fn into_file(self) -> File {
        self.file
    }

    /// The bytes in `range`, which is cut to the object.
    #[must_use]
    pub fn stream(self, range: Range<u64>) -> ObjectStream {
        let end = range.end.min(self.bytes);
        let start = range.start.min(end);
        let state = Reading { file: self.file, position: start, end };
        Box::pin(stream::try_unfold(state, |state| async move {
            if state.position >= state.end {
                return Ok(None);
            }
            blocking(move || state.next()).await
        }))
    }
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
