//! Push rules, and the counts of unread and highlighting events.
//!
//! A send costs the same in a room of 2 and of 5,000 members: an event is classified once under the default rules, and
//! the rooms count those that notify. How much is unread for a member follows from that running count.
//!
//! Invariant: nothing that happens for every event loops over the members of its room.
mod classify;
mod counts;
mod rules;

use std::sync::Arc;

use store::Store;

pub use counts::Counts;
pub use rules::{ACCOUNT_DATA_TYPE, RulesError};

/// The push service.
pub struct Push {
    pub(crate) store: Store,
}

impl Push {
    /// The service.
    #[must_use]
    pub fn new(store: Store) -> Arc<Self> {
        Arc::new(Self { store })
    }
}
