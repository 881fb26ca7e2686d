//! Table `room_aliases`: the aliases of this server.
use db::{Read, Result, Write, params};
use protocol::ids::{OwnedRoomAliasId, RoomAliasId};

use crate::numbers::{RoomNum, UserNum};

/// Where an alias leads, and who made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AliasRow {
    /// The room.
    pub room_num: RoomNum,
    /// The user who made it.
    pub creator_num: UserNum,
}

/// Adds an alias; the write is rejected where it exists.
pub fn insert(
    write: &mut Write,
    alias: &RoomAliasId,
    room: RoomNum,
    creator: UserNum,
    created_ts: i64,
) {
    write.execute_expecting(
        "INSERT INTO room_aliases (alias, room_num, creator_num, created_ts) \
         VALUES ($1, $2, $3, $4) ON CONFLICT (alias) DO NOTHING",
        params![alias.as_str(), room, creator, created_ts],
        1,
    );
}

/// Removes an alias.
pub fn delete(write: &mut Write, alias: &RoomAliasId) {
    write.execute("DELETE FROM room_aliases WHERE alias = $1", params![alias.as_str()]);
}

/// Makes all aliases of a room lead to another one.
pub fn move_all(write: &mut Write, from: RoomNum, to: RoomNum) {
    write.execute("UPDATE room_aliases SET room_num = $2 WHERE room_num = $1", params![from, to]);
}

/// Where an alias leads.
///
/// # Errors
/// Fails if the database fails.
pub async fn find(reader: &impl Read, alias: &RoomAliasId) -> Result<Option<AliasRow>> {
    let row = reader
        .query_optional(
            "SELECT room_num, creator_num FROM room_aliases WHERE alias = $1",
            params![alias.as_str()],
        )
        .await?;
    row.map(|row| Ok(AliasRow { room_num: row.get(0)?, creator_num: row.get(1)? })).transpose()
}

/// The aliases of a room, in order.
///
/// # Errors
/// Fails if the database fails.
pub async fn of_room(reader: &impl Read, room: RoomNum) -> Result<Vec<OwnedRoomAliasId>> {
    let rows = reader
        .query("SELECT alias FROM room_aliases WHERE room_num = $1 ORDER BY alias", params![room])
        .await?;
    rows.iter()
        .map(|row| {
            RoomAliasId::parse(row.text(0)?)
                .map_err(|_| db::Error::inconsistent("room_aliases.alias"))
        })
        .collect()
}
