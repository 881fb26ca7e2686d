//! Finding and removing old events. What the state of a room is made of stays: messages and the like go.
use db::{Read, Result, Write, params};

use super::{EventRow, decode, rows};
use crate::numbers::{EventNum, RoomNum};

/// Which events are old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Old {
    /// Those before a position of the timeline.
    Before(i64),
    /// Those that were sent before a time, as their servers say (Unix ms).
    SentBefore(i64),
}

/// Where a search for old events goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    ts: i64,
    position: i64,
}

impl Cursor {
    /// From the beginning.
    pub const START: Self = Self { ts: i64::MIN, position: i64::MIN };
}

/// At most `limit` old events of the room's timeline behind the cursor that are no state and none of `kept`, and where the
/// search goes on; an empty list is the end.
///
/// # Errors
/// Fails if the database fails.
pub async fn old(
    reader: &impl Read,
    room: RoomNum,
    old: Old,
    cursor: Cursor,
    kept: &[EventNum],
    limit: i64,
) -> Result<(Vec<EventRow>, Cursor)> {
    let kept: Vec<i64> = kept.iter().map(|event| event.0).collect();
    let rows = match old {
        Old::Before(position) => {
            let sql = select!(
                "WHERE room_num = $1 AND position > $2 AND position < $3 \
                 AND position IS NOT NULL AND state_key_num IS NULL AND event_num <> ALL($4) \
                 ORDER BY position LIMIT $5"
            );
            rows(reader, sql, params![room, cursor.position, position, kept, limit]).await?
        }
        Old::SentBefore(ts) => {
            let sql = select!(
                "WHERE room_num = $1 AND (origin_server_ts, position) > ($2, $3) \
                 AND origin_server_ts < $4 AND position IS NOT NULL AND status = 0 \
                 AND state_key_num IS NULL AND event_num <> ALL($5) \
                 ORDER BY origin_server_ts, position LIMIT $6"
            );
            let params = params![room, cursor.ts, cursor.position, ts, kept, limit];
            rows(reader, sql, params).await?
        }
    };
    let mut next = cursor;
    if let Some(last) = rows.last() {
        next.position = last.position.unwrap_or(cursor.position);
        if let Old::SentBefore(_) = old {
            next.ts = sent_at(reader, last.event_num).await?;
        }
    }
    Ok((rows, next))
}

async fn sent_at(reader: &impl Read, event: EventNum) -> Result<i64> {
    let sql = "SELECT origin_server_ts FROM events WHERE event_num = $1";
    reader.query_optional(sql, params![event]).await?.map_or(Ok(i64::MIN), |row| row.get(0))
}

/// How many old events of a room's timeline there are, and the position of the last; state is none of them.
///
/// # Errors
/// Fails if the database fails.
pub async fn count_old(reader: &impl Read, room: RoomNum, old: Old) -> Result<(i64, Option<i64>)> {
    let (sql, bound) = match old {
        Old::Before(position) => (
            "SELECT COUNT(*), MAX(position) FROM events WHERE room_num = $1 AND position < $2 \
             AND position IS NOT NULL AND state_key_num IS NULL",
            position,
        ),
        Old::SentBefore(ts) => (
            "SELECT COUNT(*), MAX(position) FROM events WHERE room_num = $1 \
             AND origin_server_ts < $2 AND position IS NOT NULL AND status = 0 \
             AND state_key_num IS NULL",
            ts,
        ),
    };
    let row = reader.query_optional(sql, params![room, bound]).await?;
    row.map_or(Ok((0, None)), |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Whether there is an old event other than `kept`, that is no state.
///
/// # Errors
/// Fails if the database fails.
pub async fn has_old(
    reader: &impl Read,
    room: RoomNum,
    ts: i64,
    kept: &[EventNum],
) -> Result<bool> {
    let kept: Vec<i64> = kept.iter().map(|event| event.0).collect();
    let row = reader
        .query_optional(
            "SELECT 1 FROM events WHERE room_num = $1 AND origin_server_ts < $2 \
             AND position IS NOT NULL AND status = 0 AND state_key_num IS NULL \
             AND event_num <> ALL($3) LIMIT 1",
            params![room, ts, kept],
        )
        .await?;
    Ok(row.is_some())
}

/// Removes the old events of a room that are in no timeline: soft-failed and rejected ones that are no state. Those before a
/// position are the ones that came before `event`.
pub fn delete_unplaced(write: &mut Write, room: RoomNum, old: Old, event: EventNum) {
    match old {
        Old::Before(_) => write.execute(
            "DELETE FROM events WHERE room_num = $1 AND position IS NULL \
             AND state_key_num IS NULL AND event_num < $2",
            params![room, event],
        ),
        Old::SentBefore(ts) => write.execute(
            "DELETE FROM events WHERE room_num = $1 AND position IS NULL \
             AND state_key_num IS NULL AND origin_server_ts < $2",
            params![room, ts],
        ),
    };
}

/// The first event of a room's timeline at a position or behind it.
///
/// # Errors
/// Fails if the database fails.
pub async fn first_from(
    reader: &impl Read,
    room: RoomNum,
    position: i64,
) -> Result<Option<EventNum>> {
    let row = reader
        .query_optional(
            "SELECT event_num FROM events WHERE room_num = $1 AND position >= $2 \
             AND position IS NOT NULL ORDER BY position LIMIT 1",
            params![room, position],
        )
        .await?;
    row.map(|row| row.get(0)).transpose()
}

/// Removes events.
pub fn delete(write: &mut Write, events: &[EventNum]) {
    let events: Vec<i64> = events.iter().map(|event| event.0).collect();
    write.execute("DELETE FROM events WHERE event_num = ANY($1)", params![events]);
}

/// At most `limit` events of a room, whatever they are: those of the timeline first.
///
/// # Errors
/// Fails if the database fails.
pub async fn any_of_room(reader: &impl Read, room: RoomNum, limit: i64) -> Result<Vec<EventRow>> {
    let placed = select!("WHERE room_num = $1 AND position IS NOT NULL ORDER BY position LIMIT $2");
    let found = reader.query(placed, params![room, limit]).await?;
    if !found.is_empty() {
        return found.iter().map(decode).collect();
    }
    rows(reader, select!("WHERE room_num = $1 AND position IS NULL LIMIT $2"), params![room, limit])
        .await
}

/// How many events of a room are stored.
///
/// # Errors
/// Fails if the database fails.
pub async fn count_of_room(reader: &impl Read, room: RoomNum) -> Result<i64> {
    let row = reader
        .query_optional(
            "SELECT (SELECT COUNT(*) FROM events WHERE room_num = $1 AND position IS NOT NULL) \
             + (SELECT COUNT(*) FROM events WHERE room_num = $1 AND position IS NULL)",
            params![room],
        )
        .await?;
    row.map_or(Ok(0), |row| row.get(0))
}
