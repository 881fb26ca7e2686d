//! Table `notifications`: what events add to counts beyond the running count.
//!
//! Most events have no row: how many events of the main timeline notify those with the server's push rules is a running
//! count in [`crate::events`]. A row says what an event adds to that, for one user or for a whole audience.
use db::{OperationIndex, Read, Result, Value, Write, params};

use crate::{
    numbers::{AudienceNum, RoomNum, UserNum},
    read_marks::Part,
};

/// What is added to the counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Added {
    /// To the unread events; negative where the running count has one too many.
    pub notify: i64,
    /// To the highlights.
    pub highlight: i64,
}

/// Stores what the event at `position` adds for `audience`.
pub fn set(
    write: &mut Write,
    room: RoomNum,
    audience: AudienceNum,
    position: Value,
    part: Part,
    added: Added,
) {
    write.execute(
        "INSERT INTO notifications (room_num, audience_num, position, thread_num, notify, \
         highlight) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (room_num, audience_num, position) \
         DO UPDATE SET notify = excluded.notify, highlight = excluded.highlight",
        params![room, audience, position, part.number(), added.notify, added.highlight],
    );
}

/// Removes what the event at `position` has added for `audiences`.
pub fn delete(write: &mut Write, room: RoomNum, audiences: &[AudienceNum], position: i64) {
    let audiences: Vec<i64> = audiences.iter().map(|audience| audience.0).collect();
    write.execute(
        "DELETE FROM notifications \
         WHERE room_num = $1 AND audience_num = ANY($2) AND position = $3",
        params![room, audiences, position],
    );
}

/// Removes at most `limit` rows of a room up to `position`, which everybody has read.
pub fn delete_until(write: &mut Write, room: RoomNum, position: i64, limit: i64) -> OperationIndex {
    write.execute(
        "DELETE FROM notifications WHERE (room_num, audience_num, position) IN ( \
         SELECT room_num, audience_num, position FROM notifications \
         WHERE room_num = $1 AND position <= $2 LIMIT $3)",
        params![room, position, limit],
    )
}

/// What is unread of one part of a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The room.
    pub room_num: RoomNum,
    /// The part.
    pub part: Part,
    /// The sum of what was added and is not read.
    pub added: Added,
    /// How many rows had to be looked at for it, also such as are read.
    pub looked_at: i64,
}

/// A query of what is not read: `$rest` narrows it, before it is grouped. CROSS JOIN keeps SQLite from looking at the rows
/// before it knows what is read, and the plus signs from searching by any other bound.
macro_rules! select_unread {
    ($rest:literal) => {
        concat!(
            "SELECT n.room_num, n.thread_num, \
             CAST(SUM(CASE WHEN n.position > COALESCE(part.position, whole.position) \
             THEN n.notify ELSE 0 END) AS BIGINT), \
             CAST(SUM(CASE WHEN n.position > COALESCE(part.position, whole.position) \
             THEN n.highlight ELSE 0 END) AS BIGINT), COUNT(*) \
             FROM read_marks AS whole CROSS JOIN notifications AS n LEFT JOIN read_marks AS part \
             ON part.user_num = $1 AND part.room_num = n.room_num \
             AND part.thread_num = n.thread_num \
             WHERE whole.user_num = $1 AND whole.room_num = ANY($2) AND whole.thread_num = -1 \
             AND n.room_num = whole.room_num AND n.audience_num = ANY($3) \
             AND n.position > whole.position AND +n.position > $4 AND +n.position <= $5 \
             ",
            $rest,
            " GROUP BY n.room_num, n.thread_num"
        )
    };
}

/// What has been added for `audiences` with `after < position <= until` that `user` has not read, by room and part.
///
/// # Errors
/// Fails if the database fails.
pub async fn unread(
    reader: &impl Read,
    user: UserNum,
    rooms: &[RoomNum],
    audiences: &[AudienceNum],
    after: i64,
    until: i64,
) -> Result<Vec<Unread>> {
    let rooms: Vec<i64> = rooms.iter().map(|room| room.0).collect();
    let audiences: Vec<i64> = audiences.iter().map(|audience| audience.0).collect();
    let rows =
        reader.query(select_unread!(""), params![user, rooms, audiences, after, until]).await?;
    rows.iter().map(decode).collect()
}

/// Those whom somebody ignores.
#[derive(Clone, Copy, Debug)]
pub struct Ignored<'a> {
    /// They.
    pub senders: &'a [UserNum],
    /// Whether the running count counts for who ignores them: then it has what they have sent, too, and that is taken
    /// back.
    pub is_counted: bool,
}

/// As [`unread`], for somebody who ignores others: what `ignored` have sent adds nothing, other than what was stored for
/// those who ignore them.
///
/// # Errors
/// Fails if the database fails.
pub async fn unread_ignoring(
    reader: &impl Read,
    user: UserNum,
    rooms: &[RoomNum],
    audiences: &[AudienceNum],
    ignored: Ignored<'_>,
    (after, until): (i64, i64),
) -> Result<Vec<Unread>> {
    let rooms: Vec<i64> = rooms.iter().map(|room| room.0).collect();
    let senders: Vec<i64> = ignored.senders.iter().map(|user| user.0).collect();
    let corrected = ignored.senders.iter().filter(|_| ignored.is_counted);
    let corrections: Vec<i64> = corrected.map(|user| AudienceNum::ignoring(*user).0).collect();
    let audiences = audiences.iter().map(|audience| audience.0);
    let audiences: Vec<i64> = audiences.chain(corrections.iter().copied()).collect();
    let rows = reader
        .query(
            select_unread!(
                "AND (n.audience_num = ANY($6) OR NOT EXISTS (SELECT 1 FROM events AS e \
             WHERE e.room_num = n.room_num AND e.position = n.position \
             AND e.sender_num = ANY($7)))"
            ),
            params![user, rooms, audiences, after, until, corrections, senders],
        )
        .await?;
    rows.iter().map(decode).collect()
}

fn decode(row: &db::Row) -> Result<Unread> {
    Ok(Unread {
        room_num: row.get(0)?,
        part: Part::from_number(row.get(1)?),
        added: Added { notify: row.get(2)?, highlight: row.get(3)? },
        looked_at: row.get(4)?,
    })
}
