//! Table `current_state`: the state of each room now, key by key.
use db::{Read, Result, Value, Write, params};

use crate::{
    events::EventRow,
    numbers::{EventNum, RoomNum, StateKeyNum},
};

/// Sets the event of one key.
pub fn set(write: &mut Write, room: RoomNum, key: StateKeyNum, event: EventNum) {
    write.execute(
        "INSERT INTO current_state (room_num, state_key_num, event_num) VALUES ($1, $2, $3) \
         ON CONFLICT (room_num, state_key_num) DO UPDATE SET event_num = excluded.event_num",
        params![room, key, event],
    );
}

/// Removes one key, which a state resolution has left without an event.
pub fn remove(write: &mut Write, room: RoomNum, key: StateKeyNum) {
    write.execute(
        "DELETE FROM current_state WHERE room_num = $1 AND state_key_num = $2",
        params![room, key],
    );
}

/// Every event of the current state.
///
/// # Errors
/// Fails if the database fails.
pub async fn all(reader: &impl Read, room: RoomNum) -> Result<Vec<EventRow>> {
    let rows = reader
        .query(
            "SELECT event_num FROM current_state WHERE room_num = $1",
            params![Value::from(room)],
        )
        .await?;
    let numbers = rows.iter().map(|row| row.get(0)).collect::<Result<Vec<EventNum>>>()?;
    crate::events::by_numbers(reader, &numbers).await
}

/// The events of one key, in those of `rooms` that have it.
///
/// # Errors
/// Fails if the database fails.
pub async fn of_key(
    reader: &impl Read,
    key: StateKeyNum,
    rooms: &[RoomNum],
) -> Result<Vec<(RoomNum, EventNum)>> {
    let rooms: Vec<i64> = rooms.iter().map(|room| room.0).collect();
    let rows = reader
        .query(
            "SELECT room_num, event_num FROM current_state \
             WHERE state_key_num = $1 AND room_num = ANY($2)",
            params![key, rooms],
        )
        .await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// The events of one key in those of `rooms` that have it, as their JSON.
///
/// # Errors
/// Fails if the database fails.
pub async fn jsons_in(
    reader: &impl Read,
    key: StateKeyNum,
    rooms: &[RoomNum],
) -> Result<Vec<(RoomNum, String)>> {
    let rooms: Vec<i64> = rooms.iter().map(|room| room.0).collect();
    let rows = reader
        .query(
            "SELECT current_state.room_num, events.json FROM current_state \
             JOIN events ON events.event_num = current_state.event_num \
             WHERE current_state.state_key_num = $1 AND current_state.room_num = ANY($2)",
            params![key, rooms],
        )
        .await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// The events of one key in all rooms, as their JSON.
///
/// # Errors
/// Fails if the database fails.
pub async fn jsons_of_key(reader: &impl Read, key: StateKeyNum) -> Result<Vec<String>> {
    let rows = reader
        .query(
            "SELECT events.json FROM current_state \
             JOIN events ON events.event_num = current_state.event_num \
             WHERE current_state.state_key_num = $1",
            params![key],
        )
        .await?;
    rows.iter().map(|row| row.get(0)).collect()
}
