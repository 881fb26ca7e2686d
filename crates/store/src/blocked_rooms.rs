//! Table `blocked_rooms`: the rooms that nobody of this server may come into.
use db::{Read, Result, Write, params};
use protocol::ids::RoomId;

/// A room that nobody may come into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockRow {
    /// What users are told instead of the server's own text.
    pub message: Option<String>,
    /// Whether it ends when the room is deleted.
    pub is_temporary: bool,
    /// Since when (Unix ms).
    pub blocked_ts: i64,
}

/// Blocks a room. What is blocked for good does not become temporary.
pub fn set(write: &mut Write, room_id: &RoomId, block: &BlockRow) {
    write.execute(
        "INSERT INTO blocked_rooms (room_id, message, is_temporary, blocked_ts) \
         VALUES ($1, $2, $3, $4) ON CONFLICT (room_id) DO UPDATE SET message = excluded.message, \
         is_temporary = excluded.is_temporary \
         WHERE excluded.is_temporary = 0 OR blocked_rooms.is_temporary = 1",
        params![room_id.as_str(), block.message.as_deref(), block.is_temporary, block.blocked_ts],
    );
}

/// Ends a block, however it came about.
pub fn delete(write: &mut Write, room_id: &RoomId) {
    write.execute("DELETE FROM blocked_rooms WHERE room_id = $1", params![room_id.as_str()]);
}

/// Ends a block that was for the time of a deletion.
pub fn delete_temporary(write: &mut Write, room_id: &RoomId) {
    write.execute(
        "DELETE FROM blocked_rooms WHERE room_id = $1 AND is_temporary = 1",
        params![room_id.as_str()],
    );
}

/// The block of a room, if it is blocked.
///
/// # Errors
/// Fails if the database fails.
pub async fn find(reader: &impl Read, room_id: &RoomId) -> Result<Option<BlockRow>> {
    let row = reader
        .query_optional(
            "SELECT message, is_temporary, blocked_ts FROM blocked_rooms WHERE room_id = $1",
            params![room_id.as_str()],
        )
        .await?;
    let block = |row: db::Row| {
        Ok(BlockRow {
            message: row.get(0)?,
            is_temporary: row.get::<i64>(1)? != 0,
            blocked_ts: row.get(2)?,
        })
    };
    row.map(block).transpose()
}

/// The ids of the blocked rooms behind `after`, in order.
///
/// # Errors
/// Fails if the database fails.
pub async fn list(reader: &impl Read, after: &str, limit: i64) -> Result<Vec<String>> {
    let sql = "SELECT room_id FROM blocked_rooms WHERE room_id > $1 ORDER BY room_id LIMIT $2";
    reader.query(sql, params![after, limit]).await?.iter().map(|row| row.get(0)).collect()
}
