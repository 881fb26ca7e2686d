//! Table `notice_rooms`: the room in which the server speaks to each user whom it has spoken to.
use db::{Read, Result, Write, params};
use protocol::ids::{OwnedRoomId, RoomId};

use crate::numbers::UserNum;

/// Notes the room of a user, in the place of an earlier one.
pub fn set(write: &mut Write, user: UserNum, room_id: &RoomId) {
    write.execute(
        "INSERT INTO notice_rooms (user_num, room_id) VALUES ($1, $2) \
         ON CONFLICT (user_num) DO UPDATE SET room_id = excluded.room_id",
        params![user, room_id.as_str()],
    );
}

/// The room of a user, which may be gone.
///
/// # Errors
/// Fails if the database fails.
pub async fn find(reader: &impl Read, user: UserNum) -> Result<Option<OwnedRoomId>> {
    let sql = "SELECT room_id FROM notice_rooms WHERE user_num = $1";
    let Some(row) = reader.query_optional(sql, params![user]).await? else { return Ok(None) };
    let room_id = RoomId::parse(row.text(0)?);
    room_id.map(Some).map_err(|_| db::Error::inconsistent("notice_rooms.room_id"))
}
