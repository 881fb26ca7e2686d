//! Table `sticky_events`: events that every member is told of for a while, however much is sent after them (MSC4354).
use db::{Read, Result, Value, Write, params};

use crate::numbers::{EventNum, RoomNum};

/// A sticky event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StickyEventRow {
    /// Its room.
    pub room_num: RoomNum,
    /// Its place in the timeline.
    pub position: i64,
    /// It.
    pub event_num: EventNum,
    /// Until when it is sticky (Unix ms).
    pub expires_ts: i64,
}

/// Notes that an event is sticky; `position` is taken in the same write. What is no longer so at `now_ms` is forgotten.
pub fn insert(
    write: &mut Write,
    room: RoomNum,
    position: Value,
    event: EventNum,
    expires_ts: i64,
    now_ms: i64,
) {
    write.execute("DELETE FROM sticky_events WHERE expires_ts <= $1", params![now_ms]);
    write.execute(
        "INSERT INTO sticky_events (room_num, position, event_num, expires_ts) \
         VALUES ($1, $2, $3, $4)",
        params![room, position, event, expires_ts],
    );
}

/// All that are sticky at `now_ms`, in the order of their positions.
///
/// # Errors
/// Fails if the database fails.
pub async fn all(reader: &impl Read, now_ms: i64) -> Result<Vec<StickyEventRow>> {
    let sql = "SELECT room_num, position, event_num, expires_ts FROM sticky_events \
               WHERE expires_ts > $1 ORDER BY position";
    let rows = reader.query(sql, params![now_ms]).await?;
    let row = |row: &db::Row| {
        Ok(StickyEventRow {
            room_num: row.get(0)?,
            position: row.get(1)?,
            event_num: row.get(2)?,
            expires_ts: row.get(3)?,
        })
    };
    rows.iter().map(row).collect()
}
