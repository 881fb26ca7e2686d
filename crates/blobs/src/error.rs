//! What can go wrong with the disk.
use std::io;

/// The disk failed.
#[derive(Debug, thiserror::Error)]
#[error("the folder of objects: {0}")]
pub struct Error(#[from] io::Error);

impl Error {
    /// Whether there is no space left.
    #[must_use]
    pub fn is_disk_full(&self) -> bool {
        matches!(
            self.0.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
        )
    }
}
