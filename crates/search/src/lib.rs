//! Search over what was said in the clear ([spec]).
//!
//! Nothing of it is on the way of a message: the index follows the rooms' timelines, and knows how far it has come
//! ([`Search::catch_up`]). Whoever searches waits for it to come up to now, if that is not far.
//!
//! Invariant: a hit is shown only where the searcher's [`rooms::View`] shows the event, and the edit that it was found by.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#server-side-search
mod find;
mod index;
mod terms;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use rooms::Rooms;
use store::{Store, search as table};
use tokio::sync::Mutex;

pub use self::find::{Around, Found, Page, PageToken, SearchHit, SearchQuery};
pub use store::search::Field;

/// After how many more documents the database looks again at what is in the index, and after what part of those that were
/// written since the start.
const DOCUMENTS_UNSEEN: (u64, u64) = (20_000, 10);

/// The search service.
pub struct Search {
    store: Store,
    rooms: Arc<Rooms>,
    /// Held by whoever brings the index up to now.
    indexing: Mutex<()>,
    /// How many documents were written.
    written: AtomicU64,
}

impl Search {
    /// The service.
    #[must_use]
    pub fn new(store: Store, rooms: Arc<Rooms>) -> Self {
        Self { store, rooms, indexing: Mutex::default(), written: AtomicU64::new(0) }
    }

    /// Keeps the index up to what is said, with a pause of `period` before it looks again. Ends with an error, or with the
    /// database.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn follow(&self, period: Duration) -> rooms::Result<()> {
        let mut visible = self.store.db.watch_visible_position();
        let mut seen = 0;
        loop {
            let position = self.catch_up().await?;
            let written = self.written.load(Ordering::Relaxed);
            let (least, part) = DOCUMENTS_UNSEEN;
            if written - seen >= least.max(written / part) {
                if let Err(error) = table::refresh_statistics(&self.store.db).await {
                    tracing::warn!(%error, "searches may be slow for a while: what is in their index is not known");
                }
                seen = written;
            }
            if visible.wait_for(|visible| *visible > position).await.is_err() {
                return Ok(());
            }
            tokio::time::sleep(period).await;
        }
    }
}
