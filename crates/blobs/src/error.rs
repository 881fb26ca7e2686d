//! What can go wrong with the disk.
use std::io;

/// The disk failed.
#[derive(Debug, thiserror::Error)]
#[error("the folder of objects: {0}")]
pub struct Error(#[from] io::Error);
