//! One process a database file.
//!
//! SQLite itself lets several processes share a file; ours keeps positions and rooms in memory, so a second one would
//! answer from what is no longer true.
use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Read as _, Seek as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use crate::OpenError;

/// Holds the lock file beside the database until it is dropped, or the process ends however it ends.
///
/// The file itself stays: removing it would let two processes each lock a file of that name.
#[derive(Debug)]
pub(super) struct FileLock(File);

impl FileLock {
    /// # Errors
    /// [`OpenError::InUse`] names the process that holds it.
    pub(super) fn take(database: &Path) -> Result<Self, OpenError> {
        let path = lock_path(database);
        let unwritable = |source| OpenError::Unwritable { path: path.clone(), source };
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(unwritable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                // The holder's number is a courtesy: without it the message says less.
                let _ = (&mut file).take(20).read_to_string(&mut pid);
                let process = match pid.trim() {
                    "" => "another process".to_owned(),
                    pid => format!("process {pid}"),
                };
                return Err(OpenError::InUse { path: database.to_owned(), process });
            }
            Err(TryLockError::Error(source)) => return Err(unwritable(source)),
        }
        file.set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| writeln!(file, "{}", std::process::id()))
            .map_err(unwritable)?;
        Ok(Self(file))
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // Closing the file would do it too; nothing is left to do if it fails.
        let _ = self.0.unlock();
    }
}

fn lock_path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}
