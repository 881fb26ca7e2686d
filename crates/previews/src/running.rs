//! Pages that are being asked: each once, and not too many at the same time.
use std::{
    collections::{HashMap, hash_map::Entry},
    future::Future,
    sync::Arc,
};

use futures_util::{
    FutureExt as _,
    future::{BoxFuture, Shared},
};
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{Key, PreviewError};

/// The most pages that are asked or wait for their turn.
const WAITING_MAX: usize = 256;

/// What came of it.
type Outcome = Result<Arc<str>, PreviewError>;

/// The pages that are being asked.
pub(crate) struct Running {
    tasks: Arc<Mutex<HashMap<Key, Shared<BoxFuture<'static, Outcome>>>>>,
    turns: Arc<Semaphore>,
}

/// The place of one page among those that are asked, given back when dropped.
pub(crate) struct Slot {
    key: Key,
    tasks: Arc<Mutex<HashMap<Key, Shared<BoxFuture<'static, Outcome>>>>>,
    turns: Arc<Semaphore>,
}

impl Slot {
    /// Waits until there are not too many others. `None` only when the server stops.
    pub(crate) async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.turns).acquire_owned().await.ok()
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.tasks.lock().remove(&self.key);
    }
}

impl Running {
    pub(crate) fn new(at_once: usize) -> Self {
        Self { tasks: Arc::default(), turns: Arc::new(Semaphore::new(at_once.max(1))) }
    }

    /// Waits for what is made of `key`, and begins it with `make` if nobody has. Who stops waiting does not stop it.
    pub(crate) async fn join<Making>(&self, key: Key, make: impl FnOnce(Slot) -> Making) -> Outcome
    where
        Making: Future<Output = Outcome> + Send + 'static,
    {
        let outcome = {
            let mut tasks = self.tasks.lock();
            let count = tasks.len();
            match tasks.entry(key) {
                Entry::Occupied(running) => running.get().clone(),
                Entry::Vacant(_) if count >= WAITING_MAX => return Err(PreviewError::Busy),
                Entry::Vacant(place) => {
                    let (tasks, turns) = (Arc::clone(&self.tasks), Arc::clone(&self.turns));
                    let task = tokio::spawn(make(Slot { key, tasks, turns }));
                    let outcome = task.map(|ended| ended.unwrap_or(Err(PreviewError::Failed)));
                    place.insert(outcome.boxed().shared()).clone()
                }
            }
        };
        outcome.await
    }
}
