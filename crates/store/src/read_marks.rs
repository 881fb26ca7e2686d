//! Table `read_marks`: up to where each user has read, in each thread, as far as counts go. What others see of that are
//! [`crate::receipts`].
use std::collections::BTreeMap;

use db::{Read, Result, Value, Write, params};

use crate::numbers::{EventNum, RoomNum, UserNum};

/// A part of a room that is read, and counted, for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// All of it, whatever thread it is in.
    Whole,
    /// What is in no thread.
    Main,
    /// The thread with this root.
    Thread(EventNum),
}

impl Part {
    /// The part that an event with this thread is in.
    #[must_use]
    pub fn of_event(thread: Option<EventNum>) -> Self {
        thread.map_or(Self::Main, Self::Thread)
    }

    pub(crate) fn number(self) -> i64 {
        match self {
            Self::Whole => -1,
            Self::Main => 0,
            Self::Thread(root) => root.0,
        }
    }

    pub(crate) fn from_number(number: i64) -> Self {
        match number {
            -1 => Self::Whole,
            0 => Self::Main,
            root => Self::Thread(EventNum(root)),
        }
    }
}

/// Up to where a user has read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadMark {
    /// The last event that is read.
    pub position: i64,
    /// The room's running count at it.
    pub notify_count: i64,
}

/// Moves a user's mark to `mark`, unless it is there or further already. A position may be one of the same write.
pub fn advance(
    write: &mut Write,
    room: RoomNum,
    user: UserNum,
    part: Part,
    position: Value,
    notify_count: i64,
) {
    write.execute(
        "INSERT INTO read_marks (user_num, room_num, thread_num, position, notify_count) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (user_num, room_num, thread_num) DO UPDATE \
         SET position = excluded.position, notify_count = excluded.notify_count \
         WHERE excluded.position > read_marks.position",
        params![user, room, part.number(), position, notify_count],
    );
}

/// A user's marks for the whole of each of `rooms` and for their main timelines.
///
/// # Errors
/// Fails if the database fails.
pub async fn of_rooms(
    reader: &impl Read,
    user: UserNum,
    rooms: &[RoomNum],
) -> Result<Vec<(RoomNum, Part, ReadMark)>> {
    let rooms: Vec<i64> = rooms.iter().map(|room| room.0).collect();
    let rows = reader
        .query(
            "SELECT room_num, thread_num, position, notify_count FROM read_marks \
             WHERE user_num = $1 AND room_num = ANY($2) AND thread_num <= 0",
            params![user, rooms],
        )
        .await?;
    let mark = |row: &db::Row| {
        let mark = ReadMark { position: row.get(2)?, notify_count: row.get(3)? };
        Ok((row.get(0)?, Part::from_number(row.get(1)?), mark))
    };
    rows.iter().map(mark).collect()
}

/// A user's marks in one room, for each part that they have read anything of.
///
/// # Errors
/// Fails if the database fails.
pub async fn of_room(
    reader: &impl Read,
    user: UserNum,
    room: RoomNum,
) -> Result<BTreeMap<Part, i64>> {
    let sql = "SELECT thread_num, position FROM read_marks WHERE user_num = $1 AND room_num = $2";
    let rows = reader.query(sql, params![user, room]).await?;
    rows.iter().map(|row| Ok((Part::from_number(row.get(0)?), row.get(1)?))).collect()
}
