//! What was fetched from the bucket lately, in a folder with a hard ceiling.
//!
//! Room is made before a file gets its name here, so the folder never holds more than the ceiling. Files are as large as
//! they are once they are here, so nothing is counted twice.
use std::{
    collections::{BTreeMap, HashMap},
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Weak},
};

use parking_lot::Mutex;

use crate::{Digest, Error, blocking, disk};

/// No object takes more of the cache than one part of so many: a film must not push a thousand pictures out.
const SHARE: u64 = 8;

/// Nor more than this: it is fetched whole before its first byte goes out.
const OBJECT_BYTES_MAX: u64 = 16 << 20;

#[derive(Clone)]
pub(crate) struct Cache {
    folder: PathBuf,
    bytes_max: u64,
    held: Arc<Mutex<Held>>,
    turns: Arc<Mutex<HashMap<Digest, Weak<Turn>>>>,
}

/// Held by whoever fetches an object.
pub(crate) type Turn = tokio::sync::Mutex<()>;

/// What is held, by how long ago it was used.
#[derive(Default)]
struct Held {
    bytes: u64,
    /// Counts uses: what has the smallest number was not used for the longest time.
    uses: u64,
    by_digest: HashMap<Digest, (u64, u64)>,
    by_use: BTreeMap<u64, Digest>,
}

impl Cache {
    pub(crate) fn new(folder: PathBuf, bytes_max: u64) -> Self {
        Self { folder, bytes_max, held: Arc::default(), turns: Arc::default() }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether an object of this length is kept here.
    pub(crate) fn takes(&self, bytes: u64) -> bool {
        bytes <= OBJECT_BYTES_MAX.min(self.bytes_max / SHARE)
    }

    pub(crate) async fn find(&self, digest: &Digest) -> Result<Option<(File, u64)>, Error> {
        if !self.held.lock().touch(digest) {
            return Ok(None);
        }
        let path = self.path(digest);
        blocking(move || disk::open(&path)).await
    }

    /// What those have to lock who fetch the same object: one does, and the others find it here.
    pub(crate) fn turn(&self, digest: &Digest) -> Arc<Turn> {
        let mut turns = self.turns.lock();
        if let Some(turn) = turns.get(digest).and_then(Weak::upgrade) {
            return turn;
        }
        turns.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::new(Turn::default());
        turns.insert(*digest, Arc::downgrade(&turn));
        turn
    }

    /// Takes a file in, under its digest. Blocks.
    pub(crate) fn keep(&self, file: &Path, digest: &Digest, bytes: u64) -> io::Result<()> {
        let mut held = self.held.lock();
        while held.bytes + bytes > self.bytes_max {
            let Some(oldest) = held.oldest() else { break };
            disk::remove_if_there(&self.path(&oldest))?;
            held.forget(&oldest);
        }
        fs::rename(file, self.path(digest))?;
        held.remember(*digest, bytes);
        Ok(())
    }

    /// Removes what is held of an object. Blocks.
    pub(crate) fn remove(&self, digest: &Digest) -> io::Result<()> {
        let mut held = self.held.lock();
        disk::remove_if_there(&self.path(digest))?;
        held.forget(digest);
        Ok(())
    }

    fn path(&self, digest: &Digest) -> PathBuf {
        self.folder.join(digest.to_string())
    }

    #[cfg(test)]
    pub(crate) fn bytes(&self) -> u64 {
        self.held.lock().bytes
    }
}

impl Held {
    fn remember(&mut self, digest: Digest, bytes: u64) {
        self.forget(&digest);
        self.uses += 1;
        self.bytes += bytes;
        self.by_digest.insert(digest, (self.uses, bytes));
        self.by_use.insert(self.uses, digest);
    }

    fn forget(&mut self, digest: &Digest) {
        if let Some((used, bytes)) = self.by_digest.remove(digest) {
            self.by_use.remove(&used);
            self.bytes -= bytes;
        }
    }

    /// Notes a use; whether the object is held.
    fn touch(&mut self, digest: &Digest) -> bool {
        let Some((_, bytes)) = self.by_digest.get(digest).copied() else { return false };
        self.remember(*digest, bytes);
        true
    }

    fn oldest(&self) -> Option<Digest> {
        self.by_use.first_key_value().map(|(_, digest)| *digest)
    }
}
