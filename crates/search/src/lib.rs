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

use std::{sync::Arc, time::Duration};

use rooms::Rooms;
use store::Store;
use tokio::sync::Mutex;

pub use self::find::{Around, Found, Page, PageToken, SearchHit, SearchQuery};
pub use store::search::Field;

/// The search service.
pub struct Search {
    store: Store,
    rooms: Arc<Rooms>,
    /// Held by whoever brings the index up to now.
    indexing: Mutex<()>,
}

impl Search {
    /// The service.
    #[must_use]
    pub fn new(store: Store, rooms: Arc<Rooms>) -> Self {
        Self { store, rooms, indexing: Mutex::default() }
    }

    /// Keeps the index up to what is said, with a pause of `period` before it looks again. Ends with an error, or with the
    /// database.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn follow(&self, period: Duration) -> rooms::Result<()> {
        let mut visible = self.store.db.watch_visible_position();
        loop {
            let position = self.catch_up().await?;
            if visible.wait_for(|visible| *visible > position).await.is_err() {
                return Ok(());
            }
            tokio::time::sleep(period).await;
        }
    }
}
