//! Table `rooms`: one row a room, with everything that changes with each of its events.
use db::{Read, Result, Row, Value, Write, params};
use protocol::ids::{OwnedRoomId, RoomId};

use crate::numbers::{EventNum, RoomNum, StateVersion, UserNum};

/// A room's row.
#[derive(Clone, Debug)]
pub struct RoomRow {
    /// Its number.
    pub room_num: RoomNum,
    /// Its version, as `m.room.create` names it.
    pub room_version: String,
    /// Who created it.
    pub creator_num: UserNum,
    /// When it was created here or first joined (Unix ms).
    pub created_ts: i64,
    /// Whether the public room list shows it.
    pub published: bool,
    /// What an event sent now follows.
    pub head: Head,
    /// The position of the last event; not read by [`insert`].
    pub last_position: i64,
    /// The position of the last event that makes the room recent; not read by [`insert`].
    pub bump_position: i64,
}

/// The end of a room's timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// The events that no other event follows.
    pub extremities: Vec<EventNum>,
    /// The current state.
    pub state_version: StateVersion,
    /// The greatest depth among the extremities.
    pub depth: i64,
    /// See [`crate::events::EventRow::notify_count`], of the last event.
    pub notify_count: i64,
}

/// An entry of the public room list.
#[derive(Clone, Debug)]
pub struct PublishedRoom {
    /// Its number.
    pub room_num: RoomNum,
    /// Its id.
    pub room_id: OwnedRoomId,
}

/// Adds a room, with the positions of its last event, and of the last that makes it recent.
pub fn insert(write: &mut Write, room: &RoomRow, last_position: Value, bump_position: Value) {
    write.execute_expecting(
        "INSERT INTO rooms (room_num, room_version, creator_num, created_ts, published, extremities, \
         state_version, depth, notify_count, last_position, bump_position) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, COALESCE($11, 0))",
        params![
            room.room_num,
            room.room_version.as_str(),
            room.creator_num,
            room.created_ts,
            room.published,
            encode_extremities(&room.head.extremities),
            room.head.state_version,
            room.head.depth,
            room.head.notify_count,
            last_position,
            bump_position
        ],
        1,
    );
}

/// Moves the end of the timeline from `before` to `after`; a `bump_position` of null leaves the old one.
///
/// The write is rejected where somebody else has moved it: writers of a room are serialised by this row.
pub fn advance(
    write: &mut Write,
    room: RoomNum,
    before: &Head,
    after: &Head,
    last_position: Value,
    bump_position: Value,
) {
    write.execute_expecting(
        "UPDATE rooms SET extremities = $2, state_version = $3, depth = $4, notify_count = $5, \
         last_position = $6, bump_position = COALESCE($8, bump_position) \
         WHERE room_num = $1 AND extremities = $7",
        params![
            room,
            encode_extremities(&after.extremities),
            after.state_version,
            after.depth,
            after.notify_count,
            last_position,
            encode_extremities(&before.extremities),
            bump_position
        ],
        1,
    );
}

/// Notes that history was purged up to `position`, where the running count is `notify_count`. Never moves back.
pub fn set_purged(write: &mut Write, room: RoomNum, position: i64, notify_count: i64) {
    write.execute(
        "UPDATE rooms SET purged_position = $2, purged_notify_count = $3 \
         WHERE room_num = $1 AND purged_position < $2",
        params![room, position, notify_count],
    );
}

/// Shows the room in the public room list, or no longer.
pub fn set_published(write: &mut Write, room: RoomNum, published: bool) {
    write.execute("UPDATE rooms SET published = $2 WHERE room_num = $1", params![room, published]);
}

/// The room's row.
///
/// # Errors
/// Fails if the database fails.
pub async fn find(reader: &impl Read, room: RoomNum) -> Result<Option<RoomRow>> {
    let row = reader
        .query_optional(
            "SELECT room_num, room_version, creator_num, created_ts, published, extremities, \
             state_version, depth, notify_count, last_position, bump_position FROM rooms \
             WHERE room_num = $1",
            params![room],
        )
        .await?;
    row.as_ref().map(decode).transpose()
}

/// The running counts of `rooms`: see [`crate::events::EventRow::notify_count`], each of the last event.
///
/// # Errors
/// Fails if the database fails.
pub async fn notify_counts(reader: &impl Read, rooms: &[RoomNum]) -> Result<Vec<(RoomNum, i64)>> {
    let rooms: Vec<i64> = rooms.iter().map(|room| room.0).collect();
    let sql = "SELECT room_num, notify_count FROM rooms WHERE room_num = ANY($1)";
    let rows = reader.query(sql, params![rooms]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// Those of `rooms` whose history was purged: up to which position, and the running count there.
///
/// # Errors
/// Fails if the database fails.
pub async fn purged(reader: &impl Read, rooms: &[RoomNum]) -> Result<Vec<(RoomNum, i64, i64)>> {
    let rooms: Vec<i64> = rooms.iter().map(|room| room.0).collect();
    let sql = "SELECT room_num, purged_position, purged_notify_count FROM rooms \
               WHERE room_num = ANY($1) AND purged_position > 0";
    let rows = reader.query(sql, params![rooms]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).collect()
}

/// Every room of the public room list.
///
/// # Errors
/// Fails if the database fails.
pub async fn published(reader: &impl Read) -> Result<Vec<PublishedRoom>> {
    let rows = reader
        .query(
            "SELECT rooms.room_num, room_id FROM rooms \
             JOIN room_numbers ON room_numbers.room_num = rooms.room_num WHERE published = 1",
            params![],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(PublishedRoom {
                room_num: row.get(0)?,
                room_id: RoomId::parse(row.text(1)?)
                    .map_err(|_| db::Error::inconsistent("room_numbers.room_id"))?,
            })
        })
        .collect()
}

/// The numbers of rooms behind `after`, in their order.
///
/// # Errors
/// Fails if the database fails.
pub async fn numbers(reader: &impl Read, after: RoomNum, limit: i64) -> Result<Vec<RoomNum>> {
    let sql = "SELECT room_num FROM rooms WHERE room_num > $1 ORDER BY room_num LIMIT $2";
    reader.query(sql, params![after, limit]).await?.iter().map(|row| row.get(0)).collect()
}

/// A room in a list for those who run the server.
#[derive(Clone, Debug)]
pub struct ListedRoom {
    /// Its number.
    pub room_num: RoomNum,
    /// Its id.
    pub room_id: String,
    /// Its version.
    pub room_version: String,
    /// When it was created here or first joined (Unix ms).
    pub created_ts: i64,
    /// Whether the public room list shows it.
    pub published: bool,
    /// How many users are joined.
    pub joined: i64,
    /// Whether nobody may come in.
    pub blocked: bool,
}

/// The rooms with numbers behind `after`, in their order.
///
/// # Errors
/// Fails if the database fails.
pub async fn list(reader: &impl Read, after: RoomNum, limit: i64) -> Result<Vec<ListedRoom>> {
    let rows = reader
        .query(
            "SELECT rooms.room_num, names.room_id, room_version, created_ts, published, \
             (SELECT COUNT(*) FROM memberships AS m WHERE m.room_num = rooms.room_num \
             AND m.membership = 'join'), \
             (SELECT COUNT(*) FROM blocked_rooms AS b WHERE b.room_id = names.room_id) \
             FROM rooms JOIN room_numbers AS names ON names.room_num = rooms.room_num \
             WHERE rooms.room_num > $1 ORDER BY rooms.room_num LIMIT $2",
            params![after, limit],
        )
        .await?;
    let listed = |row: &Row| {
        Ok(ListedRoom {
            room_num: row.get(0)?,
            room_id: row.get(1)?,
            room_version: row.get(2)?,
            created_ts: row.get(3)?,
            published: row.get::<i64>(4)? != 0,
            joined: row.get(5)?,
            blocked: row.get::<i64>(6)? != 0,
        })
    };
    rows.iter().map(listed).collect()
}

/// The rooms in which anything has happened after `after`.
///
/// # Errors
/// Fails if the database fails.
pub async fn changed_after(reader: &impl Read, after: i64) -> Result<Vec<RoomNum>> {
    let rows =
        reader.query("SELECT room_num FROM rooms WHERE last_position > $1", params![after]).await?;
    rows.iter().map(|row| row.get(0)).collect()
}

fn decode(row: &Row) -> Result<RoomRow> {
    Ok(RoomRow {
        room_num: row.get(0)?,
        room_version: row.get(1)?,
        creator_num: row.get(2)?,
        created_ts: row.get(3)?,
        published: row.get::<i64>(4)? != 0,
        head: Head {
            extremities: decode_extremities(row.text(5)?)?,
            state_version: row.get(6)?,
            depth: row.get(7)?,
            notify_count: row.get(8)?,
        },
        last_position: row.get(9)?,
        bump_position: row.get(10)?,
    })
}

fn encode_extremities(numbers: &[EventNum]) -> String {
    let texts: Vec<String> = numbers.iter().map(|number| number.0.to_string()).collect();
    texts.join(",")
}

fn decode_extremities(text: &str) -> Result<Vec<EventNum>> {
    text.split(',')
        .filter(|part| !part.is_empty())
        .map(|part| {
            part.parse().map(EventNum).map_err(|_| db::Error::inconsistent("rooms.extremities"))
        })
        .collect()
}
