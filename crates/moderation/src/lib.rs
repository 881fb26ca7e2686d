//! What users report to those who run the server ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#reporting-content
use std::sync::Arc;

use db::Write;
use protocol::ids::{EventId, OwnedUserId, RoomId, UserId};
use rooms::Rooms;
use store::{Store, UserNum, reports, users};

pub use store::reports::{ReportRow as Report, Subject};

/// The longest reason that is kept, in bytes.
const REASON_BYTES_MAX: usize = 8_192;

/// How many reports are listed at most in one answer.
const PAGE_MAX: i64 = 1_000;

/// The series that reports are numbered by.
const SERIES: &str = "report";

/// Who reports.
#[derive(Clone, Debug)]
pub struct Reporter {
    /// The user.
    pub user_id: OwnedUserId,
    /// Their number.
    pub user_num: UserNum,
}

/// Why a report was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// There is no such thing, or the user may not see it.
    #[error("There is no such event, room or user, or you are not in the room")]
    Unknown,
    /// A room could not be read.
    #[error(transparent)]
    Rooms(rooms::Error),
    /// The database failed.
    #[error(transparent)]
    Failed(#[from] db::Error),
}

impl From<rooms::Error> for ReportError {
    fn from(error: rooms::Error) -> Self {
        match error {
            rooms::Error::UnknownRoom | rooms::Error::UnknownEvent | rooms::Error::NotJoined => {
                Self::Unknown
            }
            error => Self::Rooms(error),
        }
    }
}

/// The service.
pub struct Moderation {
    store: Store,
    rooms: Arc<Rooms>,
}

impl Moderation {
    /// The moderation of these rooms.
    #[must_use]
    pub fn new(store: Store, rooms: Arc<Rooms>) -> Self {
        Self { store, rooms }
    }

    /// Reports an event that the user can see, in a room that they are in.
    ///
    /// # Errors
    /// See [`ReportError`].
    pub async fn report_event(
        &self,
        reporter: &Reporter,
        room_id: &RoomId,
        event_id: &EventId,
        reason: Option<&str>,
    ) -> Result<(), ReportError> {
        let room = self.rooms.room(room_id).await?;
        if !room.facts(&self.rooms).await?.is_joined(&reporter.user_id) {
            return Err(ReportError::Unknown);
        }
        let event = self.rooms.visible_event(&reporter.user_id, room_id, event_id).await?;
        let subject = Subject {
            room_id: Some(room_id.to_string()),
            event_id: Some(event_id.to_string()),
            user_id: Some(event.pdu.sender().to_string()),
        };
        self.keep(reporter, subject, reason).await
    }

    /// Reports a room, whether the user is in it or not.
    ///
    /// # Errors
    /// See [`ReportError`].
    pub async fn report_room(
        &self,
        reporter: &Reporter,
        room_id: &RoomId,
        reason: &str,
    ) -> Result<(), ReportError> {
        self.rooms.room(room_id).await?;
        let room_id = Some(room_id.to_string());
        self.keep(reporter, Subject { room_id, ..Subject::default() }, Some(reason)).await
    }

    /// Reports a user of this server, or one of another server who is known here.
    ///
    /// # Errors
    /// See [`ReportError`].
    pub async fn report_user(
        &self,
        reporter: &Reporter,
        user_id: &UserId,
        reason: &str,
    ) -> Result<(), ReportError> {
        let is_known = if user_id.server_name() == self.rooms.server_name() {
            users::find(&self.store.db, user_id).await?.is_some()
        } else {
            self.store.interner.find_user(user_id).await?.is_some()
        };
        if !is_known {
            return Err(ReportError::Unknown);
        }
        let user_id = Some(user_id.to_string());
        self.keep(reporter, Subject { user_id, ..Subject::default() }, Some(reason)).await
    }

    /// The reports behind `after`, the oldest first.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn reports(&self, after: i64, limit: i64) -> Result<Vec<Report>, db::Error> {
        reports::list(&self.store.db, after, limit.clamp(1, PAGE_MAX)).await
    }

    /// Removes a report that was dealt with; whether there was one.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn delete_report(&self, report_id: i64) -> Result<bool, db::Error> {
        let mut write = Write::new();
        let deleted = reports::delete(&mut write, report_id);
        Ok(self.store.db.write(write).await?.affected(deleted) > 0)
    }

    async fn keep(
        &self,
        reporter: &Reporter,
        subject: Subject,
        reason: Option<&str>,
    ) -> Result<(), ReportError> {
        let report_id = self.store.db.reserve_numbers(SERIES, 1).await?;
        let reason = reason.map(cut);
        let mut write = Write::new();
        let now_ms = self.store.clock.now_ms();
        reports::insert(&mut write, report_id, reporter.user_num, &subject, reason, now_ms);
        self.store.db.write(write).await.map_err(db::Error::from)?;
        let Subject { room_id, event_id, user_id } = &subject;
        tracing::info!(
            report.id = report_id, user.id = %reporter.user_id, room.id = room_id, event.id = event_id,
            reported.user.id = user_id, "something was reported",
        );
        Ok(())
    }
}

/// What the database can keep of a reason.
fn cut(reason: &str) -> String {
    let end = reason.floor_char_boundary(REASON_BYTES_MAX);
    reason.get(..end).unwrap_or_default().replace('\0', "")
}
