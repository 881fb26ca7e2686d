//! Up to where an application service was told what has happened; written down so that nothing is lost by a restart.
use std::sync::Arc;

use db::Write;
use store::{
    Store,
    appservice_positions::{self as table, AppservicePosition},
};

use super::Error;

/// How far an application service without any interest may be behind in the database: what a restart looks at again.
const UNWRITTEN_MAX: i64 = 10_000;

/// The place of one application service.
pub(super) struct Cursor {
    store: Store,
    id: Arc<str>,
    place: AppservicePosition,
    /// What the database has.
    written: AppservicePosition,
}

impl Cursor {
    /// Reads where the application service is. One that is new begins with what happens from now on.
    pub(super) async fn load(store: Store, id: Arc<str>) -> Result<Self, Error> {
        let now = store.changes.position();
        let found = table::find(&store.db, &id).await?;
        // A position from the future is one of before the database was restored from a backup.
        let known = found.filter(|place| place.position <= now);
        if found.is_some() && known.is_none() {
            tracing::warn!(appservice = %id, "its position is of another life of the database");
        }
        let place = known.unwrap_or(AppservicePosition { position: now, pending: None });
        let pending = place.pending.filter(|pending| *pending > place.position && *pending <= now);
        let mut cursor =
            Self { store, id, place: AppservicePosition { pending, ..place }, written: place };
        if known.is_none() {
            cursor.write().await?;
        }
        Ok(cursor)
    }

    /// Everything up to here has been delivered.
    pub(super) fn position(&self) -> i64 {
        self.place.position
    }

    /// Up to where the transaction reached that was on its way when the server stopped.
    pub(super) fn pending(&self) -> Option<i64> {
        self.place.pending
    }

    /// Notes that a transaction is about to be sent which reaches up to `until`.
    pub(super) async fn begin(&mut self, until: i64) -> Result<(), Error> {
        if self.place.pending != Some(until) {
            self.place.pending = Some(until);
            self.write().await?;
        }
        Ok(())
    }

    /// Everything up to `until` has been delivered. Written down with the next transaction, or by [`Self::settle`].
    pub(super) fn advance(&mut self, until: i64) {
        self.place = AppservicePosition { position: until, pending: None };
    }

    /// Writes down what was only noted, if there is a transaction that would be repeated otherwise, or much to look at
    /// again.
    pub(super) async fn settle(&mut self) -> Result<(), Error> {
        let behind = self.place.position - self.written.position;
        if self.written.pending.is_some() || behind >= UNWRITTEN_MAX {
            self.write().await?;
        }
        Ok(())
    }

    /// Writes down where the application service is.
    pub(super) async fn write(&mut self) -> Result<(), Error> {
        let mut write = Write::new();
        table::set(&mut write, &self.id, self.place);
        let committed = self.store.write(write).await.map_err(db::Error::from)?;
        committed.publication.publish();
        self.written = self.place;
        Ok(())
    }
}
