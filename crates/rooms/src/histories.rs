//! How single keys of rooms' states came to be, in memory: whoever shows a room to a user asks for the user's membership
//! and the room's history visibility, from the beginning to now.
//!
//! Invariant: what is kept is never older than what was committed: a history is forgotten when its key changes, and one
//! that was read while any was forgotten is not kept.
use std::sync::Arc;

use parking_lot::Mutex;
use quick_cache::unsync::Cache;
use store::{RoomNum, StateKeyNum};

/// How many histories are kept of each kind.
const HISTORIES_MAX: usize = 20_000;

/// What a key was from each position on, oldest first.
pub(crate) type History<T> = Arc<[(i64, T)]>;

/// The histories of one kind of key.
pub(crate) struct Histories<T>(Mutex<Kept<T>>);

struct Kept<T> {
    histories: Cache<(RoomNum, StateKeyNum), History<T>>,
    /// Counts what was forgotten.
    forgotten: u64,
}

impl<T> Default for Histories<T> {
    fn default() -> Self {
        Self(Mutex::new(Kept { histories: Cache::new(HISTORIES_MAX), forgotten: 0 }))
    }
}

impl<T> Histories<T> {
    /// The history of `key`, from `read` where it is not known.
    pub(crate) async fn of<E>(
        &self,
        key: (RoomNum, StateKeyNum),
        read: impl Future<Output = Result<Vec<(i64, T)>, E>>,
    ) -> Result<History<T>, E> {
        let forgotten = {
            let kept = self.0.lock();
            if let Some(history) = kept.histories.get(&key) {
                return Ok(Arc::clone(history));
            }
            kept.forgotten
        };
        let history: History<T> = read.await?.into();
        let mut kept = self.0.lock();
        if kept.forgotten == forgotten {
            kept.histories.insert(key, Arc::clone(&history));
        }
        Ok(history)
    }

    /// Forgets all.
    pub(crate) fn clear(&self) {
        let mut kept = self.0.lock();
        kept.forgotten += 1;
        kept.histories.clear();
    }

    /// Forgets the history of a key that has changed.
    pub(crate) fn forget(&self, key: (RoomNum, StateKeyNum)) {
        let mut kept = self.0.lock();
        kept.forgotten += 1;
        kept.histories.remove(&key);
    }
}
