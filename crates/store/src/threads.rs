//! Table `threads`: the threads of a room by their latest event.
use db::{Read, Result, Row, Value, Write, params};
use protocol::ids::{EventId, OwnedEventId};

use crate::numbers::{RoomNum, UserNum};

/// Notes that a thread has an event at `position`.
pub fn add_event(write: &mut Write, room: RoomNum, root_id: &EventId, position: Value) {
    write.execute(
        "INSERT INTO threads (room_num, root_id, last_position) VALUES ($1, $2, $3) \
         ON CONFLICT (room_num, root_id) DO UPDATE SET last_position = excluded.last_position \
         WHERE threads.last_position < excluded.last_position",
        params![room, root_id.as_str(), position],
    );
}

/// Finds the latest event anew after one was taken out of [`crate::relations`].
pub fn remove_event(write: &mut Write, room: RoomNum, root_id: &EventId) {
    write.execute(
        "DELETE FROM threads WHERE room_num = $1 AND root_id = $2 AND NOT EXISTS ( \
         SELECT 1 FROM relations \
         WHERE room_num = $1 AND parent_id = $2 AND rel_type = 'm.thread')",
        params![room, root_id.as_str()],
    );
    write.execute(
        "UPDATE threads SET last_position = (SELECT MAX(position) FROM relations \
         WHERE room_num = $1 AND parent_id = $2 AND rel_type = 'm.thread') \
         WHERE room_num = $1 AND root_id = $2",
        params![room, root_id.as_str()],
    );
}

/// Takes threads out of the list whose beginnings are gone.
pub fn delete(write: &mut Write, room: RoomNum, root_ids: Vec<String>) {
    write.execute(
        "DELETE FROM threads WHERE room_num = $1 AND root_id = ANY($2)",
        params![room, root_ids],
    );
}

/// A thread in the list of a room's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThreadRow {
    /// Its root.
    pub root_id: OwnedEventId,
    /// Where its latest event is.
    pub last_position: i64,
}

/// At most `limit` threads whose latest event is not behind `until`, the latest first; of those only that `participant`
/// has sent something in, if there is one.
///
/// # Errors
/// Fails if the database fails.
pub async fn page(
    reader: &impl Read,
    room: RoomNum,
    until: i64,
    participant: Option<UserNum>,
    limit: i64,
) -> Result<Vec<ThreadRow>> {
    let rows = match participant {
        None => {
            reader
                .query(
                    "SELECT root_id, last_position FROM threads WHERE room_num = $1 \
                     AND last_position <= $2 ORDER BY last_position DESC LIMIT $3",
                    params![room, until, limit],
                )
                .await?
        }
        Some(user) => {
            reader
                .query(
                    "SELECT root_id, last_position FROM threads AS t WHERE room_num = $1 \
                     AND last_position <= $2 AND (EXISTS (SELECT 1 FROM relations AS r \
                     WHERE r.room_num = $1 AND r.parent_id = t.root_id \
                     AND r.rel_type = 'm.thread' AND r.sender_num = $4) \
                     OR EXISTS (SELECT 1 FROM events AS e \
                     WHERE e.event_id = t.root_id AND e.sender_num = $4)) \
                     ORDER BY last_position DESC LIMIT $3",
                    params![room, until, limit, user],
                )
                .await?
        }
    };
    rows.iter().map(decode).collect()
}

fn decode(row: &Row) -> Result<ThreadRow> {
    let root_id =
        EventId::parse(row.text(0)?).map_err(|_| db::Error::inconsistent("threads.root_id"))?;
    Ok(ThreadRow { root_id, last_position: row.get(1)? })
}
