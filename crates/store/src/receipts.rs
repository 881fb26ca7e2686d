//! Table `receipts`: how far each user has read, in each thread.
use db::{Params, Read, Result, Row, Value, Write, params};
use protocol::ids::{EventId, OwnedEventId};

use crate::numbers::{RoomNum, UserNum};

/// A receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptRow {
    /// The room.
    pub room_num: RoomNum,
    /// Whose it is.
    pub user_num: UserNum,
    /// `m.read` or `m.read.private`.
    pub receipt_type: String,
    /// The thread: empty for an unthreaded receipt, else `main` or the id of the thread's root.
    pub thread_id: String,
    /// The event that was read.
    pub event_id: OwnedEventId,
    /// That event's place in the timeline.
    pub event_position: i64,
    /// When it was read (Unix ms).
    pub receipt_ts: i64,
    /// Where in the change stream; 0 in a receipt that is to be written.
    pub position: i64,
}

/// Sets a receipt, unless a later event has already been read; `position` is taken in the same write.
pub fn set(write: &mut Write, receipt: &ReceiptRow, position: Value) -> db::OperationIndex {
    write.execute(
        "INSERT INTO receipts (room_num, user_num, receipt_type, thread_id, event_id, \
         event_position, receipt_ts, position) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
         ON CONFLICT (room_num, user_num, receipt_type, thread_id) DO UPDATE SET \
         event_id = excluded.event_id, event_position = excluded.event_position, \
         receipt_ts = excluded.receipt_ts, position = excluded.position \
         WHERE excluded.event_position > receipts.event_position",
        params![
            receipt.room_num,
            receipt.user_num,
            receipt.receipt_type.as_str(),
            receipt.thread_id.as_str(),
            receipt.event_id.as_str(),
            receipt.event_position,
            receipt.receipt_ts,
            position
        ],
    )
}

/// Removes at most `limit` receipts of a room, of events up to `position` that are not stored any more.
pub fn delete_dangling(
    write: &mut Write,
    room: RoomNum,
    position: i64,
    limit: i64,
) -> db::OperationIndex {
    write.execute(
        "DELETE FROM receipts WHERE (room_num, user_num, receipt_type, thread_id) IN ( \
         SELECT room_num, user_num, receipt_type, thread_id FROM receipts \
         WHERE room_num = $1 AND event_position <= $2 AND NOT EXISTS ( \
         SELECT 1 FROM events WHERE events.event_id = receipts.event_id) LIMIT $3)",
        params![room, position, limit],
    )
}

/// The position of the last receipt that was set in a room; 0 if there is none.
///
/// # Errors
/// Fails if the database fails.
pub async fn last_position(reader: &impl Read, room: RoomNum) -> Result<i64> {
    let row = reader
        .query_optional(
            "SELECT position FROM receipts WHERE room_num = $1 ORDER BY position DESC LIMIT 1",
            params![room],
        )
        .await?;
    row.map_or(Ok(0), |row| row.get(0))
}

/// The receipts of any of `rooms` with `after < position <= until`.
///
/// # Errors
/// Fails if the database fails.
pub async fn between(
    reader: &impl Read,
    rooms_wanted: &[RoomNum],
    after: i64,
    until: i64,
) -> Result<Vec<ReceiptRow>> {
    let numbers: Vec<i64> = rooms_wanted.iter().map(|room| room.0).collect();
    rows(
        reader,
        "SELECT room_num, user_num, receipt_type, thread_id, event_id, event_position, receipt_ts, \
         position FROM receipts WHERE room_num = ANY($1) AND position > $2 AND position <= $3",
        params![numbers, after, until],
    )
    .await
}

/// One user's receipts in any of `rooms`.
///
/// # Errors
/// Fails if the database fails.
pub async fn of_user(
    reader: &impl Read,
    user: UserNum,
    rooms_wanted: &[RoomNum],
) -> Result<Vec<ReceiptRow>> {
    let numbers: Vec<i64> = rooms_wanted.iter().map(|room| room.0).collect();
    rows(
        reader,
        "SELECT room_num, user_num, receipt_type, thread_id, event_id, event_position, receipt_ts, \
         position FROM receipts WHERE room_num = ANY($2) AND user_num = $1",
        params![user, numbers],
    )
    .await
}

/// The rooms in which a user has set a receipt with `after < position <= until`.
///
/// # Errors
/// Fails if the database fails.
pub async fn rooms_of_user(
    reader: &impl Read,
    user: UserNum,
    after: i64,
    until: i64,
) -> Result<Vec<RoomNum>> {
    let rows = reader
        .query(
            "SELECT DISTINCT room_num FROM receipts \
             WHERE user_num = $1 AND position > $2 AND position <= $3",
            params![user, after, until],
        )
        .await?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// The rooms in which a receipt was set behind `position`. Reads the whole table, as
/// [`changed_after`](crate::rooms::changed_after) does.
///
/// # Errors
/// Fails if the database fails.
pub async fn rooms_after(reader: &impl Read, position: i64) -> Result<Vec<RoomNum>> {
    let rows = reader
        .query("SELECT DISTINCT room_num FROM receipts WHERE position > $1", params![position])
        .await?;
    rows.iter().map(|row| row.get(0)).collect()
}

fn decode(row: &Row) -> Result<ReceiptRow> {
    Ok(ReceiptRow {
        room_num: row.get(0)?,
        user_num: row.get(1)?,
        receipt_type: row.get(2)?,
        thread_id: row.get(3)?,
        event_id: EventId::parse(row.text(4)?)
            .map_err(|_| db::Error::inconsistent("receipts.event_id"))?,
        event_position: row.get(5)?,
        receipt_ts: row.get(6)?,
        position: row.get(7)?,
    })
}

async fn rows(reader: &impl Read, sql: &'static str, params: Params) -> Result<Vec<ReceiptRow>> {
    reader.query(sql, params).await?.iter().map(decode).collect()
}
