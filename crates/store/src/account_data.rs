//! Table `account_data`: what a user's clients keep on the server, for themselves alone.
use db::{Params, Read, Result, Row, Value, Write, params};

use crate::{RoomNum, UserNum};

/// In the place of a room's number: what belongs to no room.
const GLOBAL: RoomNum = RoomNum(-1);

/// One piece of account data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountDataRow {
    /// The room it belongs to, if any.
    pub room: Option<RoomNum>,
    /// Its type.
    pub kind: String,
    /// Its content, as JSON.
    pub content: String,
    /// Where in the change stream it was set last.
    pub position: i64,
}

/// One piece.
///
/// # Errors
/// Fails if the database fails.
pub async fn find(
    reader: &impl Read,
    user: UserNum,
    room: Option<RoomNum>,
    kind: &str,
) -> Result<Option<AccountDataRow>> {
    let row = reader
        .query_optional(
            "SELECT room_num, type, content, position FROM account_data \
             WHERE user_num = $1 AND room_num = $2 AND type = $3",
            params![user, room.unwrap_or(GLOBAL), kind],
        )
        .await?;
    row.as_ref().map(decode).transpose()
}

/// What belongs to no room, in order of type.
///
/// # Errors
/// Fails if the database fails.
pub async fn global(reader: &impl Read, user: UserNum) -> Result<Vec<AccountDataRow>> {
    of_room(reader, user, GLOBAL).await
}

/// What belongs to a room, in order of type.
///
/// # Errors
/// Fails if the database fails.
pub async fn of_room(
    reader: &impl Read,
    user: UserNum,
    room: RoomNum,
) -> Result<Vec<AccountDataRow>> {
    rows(
        reader,
        "SELECT room_num, type, content, position FROM account_data \
         WHERE user_num = $1 AND room_num = $2 ORDER BY type",
        params![user, room],
    )
    .await
}

/// What belongs to any of `rooms`, in order of room and type.
///
/// # Errors
/// Fails if the database fails.
pub async fn of_rooms(
    reader: &impl Read,
    user: UserNum,
    rooms_wanted: &[RoomNum],
) -> Result<Vec<AccountDataRow>> {
    let numbers: Vec<i64> = rooms_wanted.iter().map(|room| room.0).collect();
    rows(
        reader,
        "SELECT room_num, type, content, position FROM account_data \
         WHERE user_num = $1 AND room_num = ANY($2) ORDER BY room_num, type",
        params![user, numbers],
    )
    .await
}

/// The pieces of these types that belong to no room.
///
/// # Errors
/// Fails if the database fails.
pub async fn of_types(
    reader: &impl Read,
    user: UserNum,
    kinds: &[&str],
) -> Result<Vec<AccountDataRow>> {
    let kinds: Vec<String> = kinds.iter().map(|kind| (*kind).to_owned()).collect();
    rows(
        reader,
        "SELECT room_num, type, content, position FROM account_data \
         WHERE user_num = $1 AND room_num = $2 AND type = ANY($3)",
        params![user, GLOBAL, kinds],
    )
    .await
}

/// Everything of a user, what belongs to no room first.
///
/// # Errors
/// Fails if the database fails.
pub async fn of_user(reader: &impl Read, user: UserNum) -> Result<Vec<AccountDataRow>> {
    rows(
        reader,
        "SELECT room_num, type, content, position FROM account_data WHERE user_num = $1 \
         ORDER BY room_num, type",
        params![user],
    )
    .await
}

/// What is of one type, in all of the user's rooms.
///
/// # Errors
/// Fails if the database fails.
pub async fn of_type(reader: &impl Read, user: UserNum, kind: &str) -> Result<Vec<AccountDataRow>> {
    rows(
        reader,
        "SELECT room_num, type, content, position FROM account_data \
         WHERE user_num = $1 AND type = $2 AND room_num >= 0",
        params![user, kind],
    )
    .await
}

/// What was set at `after < position <= until`, in order of the changes.
///
/// # Errors
/// Fails if the database fails.
pub async fn changed_between(
    reader: &impl Read,
    user: UserNum,
    after: i64,
    until: i64,
) -> Result<Vec<AccountDataRow>> {
    rows(
        reader,
        "SELECT room_num, type, content, position FROM account_data \
         WHERE user_num = $1 AND position > $2 AND position <= $3 ORDER BY position",
        params![user, after, until],
    )
    .await
}

/// Sets a piece; `position` is taken in the same write.
pub fn set(
    write: &mut Write,
    user: UserNum,
    room: Option<RoomNum>,
    kind: &str,
    content: &str,
    position: &Value,
) {
    write.execute(
        "INSERT INTO account_data (user_num, room_num, type, content, position) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (user_num, room_num, type) \
         DO UPDATE SET content = excluded.content, position = excluded.position",
        params![user, room.unwrap_or(GLOBAL), kind, content, position.clone()],
    );
}

/// Sets a piece that was read before; the write is rejected if it has changed since. `read` is its position then, or
/// `None` if there was none.
pub fn replace(
    write: &mut Write,
    user: UserNum,
    room: Option<RoomNum>,
    kind: &str,
    content: &str,
    read: Option<i64>,
    position: &Value,
) {
    let room = room.unwrap_or(GLOBAL);
    match read {
        Some(read) => write.execute_expecting(
            "UPDATE account_data SET content = $4, position = $5 \
             WHERE user_num = $1 AND room_num = $2 AND type = $3 AND position = $6",
            params![user, room, kind, content, position.clone(), read],
            1,
        ),
        None => write.execute_expecting(
            "INSERT INTO account_data (user_num, room_num, type, content, position) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (user_num, room_num, type) DO NOTHING",
            params![user, room, kind, content, position.clone()],
            1,
        ),
    };
}

/// Rejects the write if a piece that belongs to no room has changed since it was read; `read` as in [`replace`].
pub fn expect(write: &mut Write, user: UserNum, kind: &str, read: Option<i64>) {
    // No position is negative.
    write.execute_expecting(
        "UPDATE account_data SET position = position \
         WHERE user_num = $1 AND room_num = -1 AND type = $2 AND position <> $3",
        params![user, kind, read.unwrap_or(-1)],
        0,
    );
}

/// Removes everything of a user.
pub fn delete_of_user(write: &mut Write, user: UserNum) {
    write.execute("DELETE FROM account_data WHERE user_num = $1", params![user]);
}

async fn rows(
    reader: &impl Read,
    sql: &'static str,
    params: Params,
) -> Result<Vec<AccountDataRow>> {
    reader.query(sql, params).await?.iter().map(decode).collect()
}

fn decode(row: &Row) -> Result<AccountDataRow> {
    let room = row.get::<RoomNum>(0)?;
    Ok(AccountDataRow {
        room: (room != GLOBAL).then_some(room),
        kind: row.get(1)?,
        content: row.get(2)?,
        position: row.get(3)?,
    })
}
