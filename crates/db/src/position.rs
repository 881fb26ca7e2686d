//! Positions of the change stream, and from when on they may be read.
//!
//! The database hands positions out in commit order without gaps. What a reader may see is decided here: a position
//! becomes visible when its write has been applied to memory and all earlier ones have been.
use std::{collections::VecDeque, sync::Arc};

use parking_lot::Mutex;
use tokio::sync::watch;

/// Which positions are visible.
#[derive(Debug)]
pub(crate) struct Positions {
    visible: watch::Sender<i64>,
    /// Committed and not yet visible, in order.
    pending: Mutex<VecDeque<Pending>>,
}

#[derive(Debug)]
struct Pending {
    last: i64,
    applied: bool,
}

/// Makes the positions of a committed write visible when it is dropped.
///
/// Hold it until the change has been applied to whatever is read beside the tables (a room's facts, a cache); then
/// drop it. Positions become visible in order: one that is held keeps all later ones back.
#[derive(Debug)]
#[must_use = "dropping it makes the write visible"]
pub struct Publication(Option<(Arc<Positions>, i64)>);

impl Positions {
    pub(crate) fn new(visible: i64) -> Arc<Self> {
        Arc::new(Self { visible: watch::Sender::new(visible), pending: Mutex::default() })
    }

    pub(crate) fn visible(&self) -> i64 {
        *self.visible.borrow()
    }

    pub(crate) fn watch(&self) -> watch::Receiver<i64> {
        self.visible.subscribe()
    }

    /// Registers the positions of a write that was just committed. Called in the order of the commits, by the one
    /// writer, before the write is answered.
    pub(crate) fn committed(self: &Arc<Self>, last: i64) -> Publication {
        self.pending.lock().push_back(Pending { last, applied: false });
        Publication(Some((Arc::clone(self), last)))
    }

    fn applied(&self, last: i64) {
        let mut pending = self.pending.lock();
        if let Ok(index) = pending.binary_search_by_key(&last, |pending| pending.last)
            && let Some(entry) = pending.get_mut(index)
        {
            entry.applied = true;
        }
        let mut visible = None;
        while pending.front().is_some_and(|pending| pending.applied) {
            visible = pending.pop_front().map(|pending| pending.last);
        }
        // Still under the lock: the visible position never goes back.
        if let Some(visible) = visible {
            self.visible.send_replace(visible);
        }
    }
}

impl Publication {
    /// Of a write that took no position.
    pub(crate) fn none() -> Self {
        Self(None)
    }
}

impl Drop for Publication {
    fn drop(&mut self) {
        if let Some((positions, last)) = self.0.take() {
            positions.applied(last);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_become_visible_in_order() {
        let positions = Positions::new(10);
        let [first, second, third] = [11, 13, 14].map(|last| positions.committed(last));
        drop(second);
        assert_eq!(positions.visible(), 10, "the first is still held");
        drop(first);
        assert_eq!(positions.visible(), 13, "both at once");
        drop(Publication::none());
        drop(third);
        assert_eq!(positions.visible(), 14);
        assert!(positions.pending.lock().is_empty());
    }
}
