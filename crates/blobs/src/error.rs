//! What can go wrong with objects.
use std::io;

use crate::Digest;

/// Objects can't be read or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The disk failed.
    #[error("the folder of objects: {0}")]
    Disk(#[from] io::Error),
    /// The bucket does not answer, or refuses. It has been asked several times.
    #[error("the bucket of objects: {0}")]
    Bucket(#[source] Box<object_store::Error>),
    /// What is stored is not what its name says.
    #[error("the object {0} is damaged")]
    Damaged(Digest),
}

impl From<object_store::Error> for Error {
    fn from(error: object_store::Error) -> Self {
        Self::Bucket(Box::new(error))
    }
}
