//! Positions of the change stream, and from when on they may be read.
//!
//! The database hands positions out in commit order without gaps. What a reader may see is decided here: a position
//! becomes visible when its write has been applied to memory and all earlier ones have been.
use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use parking_lot::Mutex;
use tokio::sync::watch;

/// Which positions are visible.
#[derive(Debug)]
pub(crate) struct Positions {
    visible: watch::Sender<i64>,
    /// The last position that nobody was told of: see [`Publication`].
    untold: AtomicI64,
    pending: Mutex<Committed>,
}

#[derive(Debug)]
struct Committed {
    /// The last position that is known to be committed.
    last: i64,
    /// Committed and not yet visible, in order.
    pending: VecDeque<Pending>,
}

#[derive(Debug)]
struct Pending {
    last: i64,
    applied: bool,
}

/// Makes the positions of a committed write visible.
///
/// Hold it until the change has been applied to whatever is read beside the tables (a room's facts, a cache); then
/// [`publish`](Self::publish) it. Positions become visible in order: one that is held keeps all later ones back.
///
/// Dropping it (a panic, a caller that does not wait any more) makes them visible too, and counts them as untold: who
/// keeps account of what has changed can't know of them. See
/// [`Database::untold_position`](crate::Database::untold_position).
#[derive(Debug)]
#[must_use = "dropping it leaves everybody untold of the write"]
pub struct Publication(Option<(Arc<Positions>, i64)>);

impl Positions {
    pub(crate) fn new(visible: i64) -> Arc<Self> {
        let pending = Committed { last: visible, pending: VecDeque::new() };
        Arc::new(Self {
            visible: watch::Sender::new(visible),
            untold: AtomicI64::new(0),
            pending: Mutex::new(pending),
        })
    }

    pub(crate) fn untold(&self) -> i64 {
        self.untold.load(Ordering::SeqCst)
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
        let mut committed = self.pending.lock();
        committed.pending.push_back(Pending { last, applied: false });
        committed.last = last;
        Publication(Some((Arc::clone(self), last)))
    }

    /// Takes note that the positions up to `last` are committed, by whomever. Those that were not known become visible,
    /// and nobody was told of them.
    pub(crate) fn catch_up(self: &Arc<Self>, last: i64) {
        if last > self.pending.lock().last {
            drop(self.committed(last));
        }
    }

    fn applied(&self, last: i64) {
        let mut committed = self.pending.lock();
        let pending = &mut committed.pending;
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

    /// Makes the positions visible. The caller tells those whom it concerns.
    pub fn publish(mut self) {
        if let Some((positions, last)) = self.0.take() {
            positions.applied(last);
        }
    }
}

impl Drop for Publication {
    fn drop(&mut self) {
        if let Some((positions, last)) = self.0.take() {
            tracing::warn!(position = last, "a change was stored, and nobody was told");
            // First: whoever sees the position has to see this.
            positions.untold.fetch_max(last, Ordering::SeqCst);
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
        second.publish();
        assert_eq!(positions.visible(), 10, "the first is still held");
        first.publish();
        assert_eq!(positions.visible(), 13, "both at once");
        drop(Publication::none());
        third.publish();
        assert_eq!(positions.visible(), 14);
        assert!(positions.pending.lock().pending.is_empty());
        assert_eq!(positions.untold(), 0);
    }

    #[test]
    fn what_nobody_was_told_of_is_known() {
        let positions = Positions::new(10);
        let [first, second] = [11, 12].map(|last| positions.committed(last));
        drop(second);
        first.publish();
        assert_eq!((positions.visible(), positions.untold()), (12, 12));
        positions.catch_up(12);
        positions.committed(13).publish();
        assert_eq!((positions.visible(), positions.untold()), (13, 12));
        positions.catch_up(15);
        assert_eq!((positions.visible(), positions.untold()), (15, 15));
    }
}
