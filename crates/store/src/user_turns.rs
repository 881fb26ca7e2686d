//! Changes that read, decide and write, one after the other for each user.
use tokio::sync::{Mutex, MutexGuard};

use crate::UserNum;

/// How many locks there are.
const LOCKS: usize = 64;

/// Lets one writer of a user's data through at a time on this node, so that a client that sends ten changes at once does
/// not see them conflict. Users whose numbers fall together share a lock: whoever holds a turn never asks for another.
///
/// It only saves attempts. Across nodes, writes are kept apart by what they expect of the rows they replace.
#[derive(Debug)]
pub struct UserTurns([Mutex<()>; LOCKS]);

impl Default for UserTurns {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::default()))
    }
}

impl UserTurns {
    /// Waits until everybody who came before has dropped what this returns.
    pub async fn take(&self, user: UserNum) -> MutexGuard<'_, ()> {
        let [first, ..] = &self.0;
        let lock =
            usize::try_from(user.0.unsigned_abs()).ok().and_then(|user| self.0.get(user % LOCKS));
        lock.unwrap_or(first).lock().await
    }
}
