//! Table `notification_audiences`: members whose push rules say something else about a room than the server's.
use db::{Params, Read, Result, Row, Value, Write, params};

use crate::numbers::{AudienceNum, RoomNum, UserNum};

/// A user's audience, from a position on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AudienceRow {
    /// The room.
    pub room_num: RoomNum,
    /// The user.
    pub user_num: UserNum,
    /// The position of the first event that counts like this, less one.
    pub position: i64,
    /// The audience.
    pub audience: AudienceNum,
    /// Whether what counts for those with the server's rules counts too.
    pub is_counted: bool,
}

/// Puts a user into an audience, for what comes after `position`.
pub fn insert(
    write: &mut Write,
    room: RoomNum,
    user: UserNum,
    position: Value,
    audience: AudienceNum,
    is_counted: bool,
) {
    write.execute(
        "INSERT INTO notification_audiences (room_num, user_num, position, audience_num, \
         is_counted) VALUES ($1, $2, $3, $4, $5)",
        params![room, user, position, audience, is_counted],
    );
}

/// Forgets all but the last audience of a user in a room.
pub fn prune(write: &mut Write, room: RoomNum, user: UserNum) {
    write.execute(
        "DELETE FROM notification_audiences WHERE room_num = $1 AND user_num = $2 \
         AND position < (SELECT MAX(position) FROM notification_audiences AS last \
         WHERE last.room_num = $1 AND last.user_num = $2)",
        params![room, user],
    );
}

/// Forgets the audiences of a user in a room.
pub fn delete(write: &mut Write, room: RoomNum, user: UserNum) {
    write.execute(
        "DELETE FROM notification_audiences WHERE room_num = $1 AND user_num = $2",
        params![room, user],
    );
}

/// A user's audiences in each of `rooms`, the oldest first.
///
/// # Errors
/// Fails if the database fails.
pub async fn of_user(
    reader: &impl Read,
    user: UserNum,
    rooms: &[RoomNum],
) -> Result<Vec<AudienceRow>> {
    let numbers: Vec<i64> = rooms.iter().map(|room| room.0).collect();
    rows(
        reader,
        "SELECT room_num, user_num, position, audience_num, is_counted \
         FROM notification_audiences WHERE room_num = ANY($1) AND user_num = $2 \
         ORDER BY room_num, position",
        params![numbers, user],
    )
    .await
}

/// The last audience of each joined member of `room` who has one.
///
/// # Errors
/// Fails if the database fails.
pub async fn of_room(reader: &impl Read, room: RoomNum) -> Result<Vec<AudienceRow>> {
    rows(
        reader,
        "SELECT a.room_num, a.user_num, a.position, a.audience_num, a.is_counted \
         FROM notification_audiences AS a JOIN memberships AS m \
         ON m.room_num = a.room_num AND m.user_num = a.user_num AND m.membership = 'join' \
         WHERE a.room_num = $1 AND a.position = (SELECT MAX(last.position) \
         FROM notification_audiences AS last \
         WHERE last.room_num = a.room_num AND last.user_num = a.user_num)",
        params![room],
    )
    .await
}

async fn rows(reader: &impl Read, sql: &'static str, params: Params) -> Result<Vec<AudienceRow>> {
    reader.query(sql, params).await?.iter().map(decode).collect()
}

fn decode(row: &Row) -> Result<AudienceRow> {
    Ok(AudienceRow {
        room_num: row.get(0)?,
        user_num: row.get(1)?,
        position: row.get(2)?,
        audience: row.get(3)?,
        is_counted: row.get::<i64>(4)? != 0,
    })
}
