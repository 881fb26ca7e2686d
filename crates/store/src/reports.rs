//! Table `reports`: what users have reported to those who run the server.
use db::{OperationIndex, Read, Result, Write, params};
use protocol::ids::{OwnedUserId, UserId};

use crate::UserNum;

/// What was reported: an event with its room and sender, a room, or a user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// The room.
    pub room_id: Option<String>,
    /// The event.
    pub event_id: Option<String>,
    /// The user.
    pub user_id: Option<String>,
}

/// A report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportRow {
    /// Its number: later ones are greater.
    pub report_id: i64,
    /// Who reported.
    pub reporter: OwnedUserId,
    /// What.
    pub subject: Subject,
    /// Why.
    pub reason: Option<String>,
    /// When (Unix ms).
    pub created_ts: i64,
}

/// Adds a report.
pub fn insert(
    write: &mut Write,
    report_id: i64,
    reporter: UserNum,
    subject: &Subject,
    reason: Option<String>,
    now_ms: i64,
) {
    write.execute(
        "INSERT INTO reports (report_id, reporter_num, room_id, event_id, user_id, reason, created_ts) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![
            report_id,
            reporter,
            subject.room_id.clone(),
            subject.event_id.clone(),
            subject.user_id.clone(),
            reason,
            now_ms
        ],
    );
}

/// The reports with numbers behind `after`, in their order, at most `limit`.
///
/// # Errors
/// Fails if the database fails.
pub async fn list(reader: &impl Read, after: i64, limit: i64) -> Result<Vec<ReportRow>> {
    let rows = reader
        .query(
            "SELECT reports.report_id, user_numbers.user_id, reports.room_id, reports.event_id, \
             reports.user_id, reports.reason, reports.created_ts FROM reports \
             JOIN user_numbers ON user_numbers.user_num = reports.reporter_num \
             WHERE reports.report_id > $1 ORDER BY reports.report_id LIMIT $2",
            params![after, limit],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(ReportRow {
                report_id: row.get(0)?,
                reporter: UserId::parse(row.text(1)?)
                    .map_err(|_| db::Error::inconsistent("user_numbers.user_id"))?,
                subject: Subject {
                    room_id: row.get(2)?,
                    event_id: row.get(3)?,
                    user_id: row.get(4)?,
                },
                reason: row.get(5)?,
                created_ts: row.get(6)?,
            })
        })
        .collect()
}

/// Removes a report. The operation affects no row if there is none.
pub fn delete(write: &mut Write, report_id: i64) -> OperationIndex {
    write.execute("DELETE FROM reports WHERE report_id = $1", params![report_id])
}
