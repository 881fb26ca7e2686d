//! Table `state_changes`: how the current state of each room came to be, in the order of the change stream.
use db::{Params, Read, Result, Row, Value, Write, params};

use crate::numbers::{EventNum, RoomNum, StateKeyNum};

/// One key of a room's current state was set to another event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateChange {
    /// Where in the change stream.
    pub position: i64,
    /// Which key.
    pub state_key_num: StateKeyNum,
    /// The event from then on; none where a resolution left the key empty.
    pub event_num: Option<EventNum>,
    /// The event until then.
    pub replaced: Option<EventNum>,
}

/// Records a change at `position`, a position taken in the same write.
pub fn insert(
    write: &mut Write,
    room: RoomNum,
    position: Value,
    key: StateKeyNum,
    event: Option<EventNum>,
    replaced: Option<EventNum>,
) {
    write.execute(
        "INSERT INTO state_changes (room_num, position, state_key_num, event_num, replaced_event_num) \
         VALUES ($1, $2, $3, $4, $5)",
        params![room, position, key, event, replaced],
    );
}

/// The position of a room's last change; 0 if there was none.
///
/// # Errors
/// Fails if the database fails.
pub async fn last_position(reader: &impl Read, room: RoomNum) -> Result<i64> {
    let row = reader
        .query_optional(
            "SELECT position FROM state_changes WHERE room_num = $1 \
             ORDER BY position DESC LIMIT 1",
            params![room],
        )
        .await?;
    row.map_or(Ok(0), |row| row.get(0))
}

/// The changes with `after < position <= until`, oldest first.
///
/// # Errors
/// Fails if the database fails.
pub async fn between(
    reader: &impl Read,
    room: RoomNum,
    after: i64,
    until: i64,
) -> Result<Vec<StateChange>> {
    rows(
        reader,
        "SELECT position, state_key_num, event_num, replaced_event_num FROM state_changes \
         WHERE room_num = $1 AND position > $2 AND position <= $3 ORDER BY position",
        params![room, after, until],
    )
    .await
}

/// Every change of one key, oldest first.
///
/// # Errors
/// Fails if the database fails.
pub async fn of_key(
    reader: &impl Read,
    room: RoomNum,
    key: StateKeyNum,
) -> Result<Vec<StateChange>> {
    rows(
        reader,
        "SELECT position, state_key_num, event_num, replaced_event_num FROM state_changes \
         WHERE room_num = $1 AND state_key_num = $2 ORDER BY position",
        params![room, key],
    )
    .await
}

fn decode(row: &Row) -> Result<StateChange> {
    Ok(StateChange {
        position: row.get(0)?,
        state_key_num: row.get(1)?,
        event_num: row.get(2)?,
        replaced: row.get(3)?,
    })
}

async fn rows(reader: &impl Read, sql: &'static str, params: Params) -> Result<Vec<StateChange>> {
    reader.query(sql, params).await?.iter().map(decode).collect()
}
