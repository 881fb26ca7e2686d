//! Table `events`: every event, as its room version formats it, and its place in the room's timeline.
use db::{Params, Read, Result, Row, Value, Write, params};
use protocol::ids::{EventId, OwnedEventId};

use crate::{
    numbers::{EventNum, RoomNum, StateKeyNum, StateVersion, UserNum},
    relations::RelatedBy,
};

/// What became of an event's authorization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Part of the room.
    Accepted,
    /// Valid where it stands, but not by the room's current state: kept, not shown to clients.
    SoftFailed,
    /// Not allowed: kept so that it is known, used for nothing.
    Rejected,
}

impl Status {
    fn from_number(number: i64) -> Result<Self> {
        match number {
            0 => Ok(Self::Accepted),
            1 => Ok(Self::SoftFailed),
            2 => Ok(Self::Rejected),
            _ => Err(db::Error::inconsistent("events.status")),
        }
    }

    fn number(self) -> i64 {
        match self {
            Self::Accepted => 0,
            Self::SoftFailed => 1,
            Self::Rejected => 2,
        }
    }
}

/// An event as it is stored.
#[derive(Clone, Debug)]
pub struct EventRow {
    /// Its number.
    pub event_num: EventNum,
    /// Its id.
    pub event_id: OwnedEventId,
    /// Its room.
    pub room_num: RoomNum,
    /// Its place in the timeline; none for an event that only others refer to.
    pub position: Option<i64>,
    /// Its sender.
    pub sender_num: UserNum,
    /// Its type and state key, for a state event.
    pub state_key_num: Option<StateKeyNum>,
    /// The room's state after it.
    pub state_version: Option<StateVersion>,
    /// The state event whose place it took.
    pub replaces: Option<EventNum>,
    /// How many events of the room's main timeline, up to and with it, notify under the server's push rules.
    pub notify_count: i64,
    /// The root of the thread it is in; none in the main timeline.
    pub thread_num: Option<EventNum>,
    /// How other events relate to it.
    pub related_by: RelatedBy,
    /// What became of its authorization.
    pub status: Status,
    /// The redaction that emptied it.
    pub redacted_by: Option<EventNum>,
    /// The sender's device, the endpoint and the transaction id it was sent with.
    pub transaction_key: Option<String>,
    /// The whole event (federation format), redacted if it was.
    pub json: String,
}

/// An event to be stored.
#[derive(Debug)]
pub struct NewEvent<'a> {
    /// Its number.
    pub event_num: EventNum,
    /// Its id.
    pub event_id: &'a EventId,
    /// Its room.
    pub room_num: RoomNum,
    /// Its sender.
    pub sender_num: UserNum,
    /// Its type and state key, for a state event.
    pub state_key_num: Option<StateKeyNum>,
    /// The room's state after it.
    pub state_version: StateVersion,
    /// See [`EventRow::replaces`].
    pub replaces: Option<EventNum>,
    /// See [`EventRow::notify_count`].
    pub notify_count: i64,
    /// See [`EventRow::thread_num`].
    pub thread_num: Option<EventNum>,
    /// See [`EventRow::related_by`].
    pub related_by: RelatedBy,
    /// When it was sent, as its server says (Unix ms).
    pub origin_server_ts: i64,
    /// What became of its authorization.
    pub status: Status,
    /// See [`EventRow::transaction_key`].
    pub transaction_key: Option<&'a str>,
    /// The whole event (federation format).
    pub json: &'a str,
}

/// Which way a timeline is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Oldest first.
    Forward,
    /// Newest first.
    Backward,
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT event_num, event_id, room_num, position, sender_num, state_key_num, \
             state_version, replaces, notify_count, status, redacted_by, transaction_key, json, \
             thread_num, related_by FROM events ",
            $rest
        )
    };
}

pub mod purging;

fn decode(row: &Row) -> Result<EventRow> {
    Ok(EventRow {
        event_num: row.get(0)?,
        event_id: EventId::parse(row.text(1)?)
            .map_err(|_| db::Error::inconsistent("events.event_id"))?,
        room_num: row.get(2)?,
        position: row.get(3)?,
        sender_num: row.get(4)?,
        state_key_num: row.get(5)?,
        state_version: row.get(6)?,
        replaces: row.get(7)?,
        notify_count: row.get(8)?,
        status: Status::from_number(row.get(9)?)?,
        redacted_by: row.get(10)?,
        transaction_key: row.get(11)?,
        json: row.get(12)?,
        thread_num: row.get(13)?,
        related_by: RelatedBy::from_number(row.get(14)?),
    })
}

/// Adds an event at `position`, a position of the change stream taken in the same write.
pub fn insert(write: &mut Write, event: &NewEvent<'_>, position: Value) {
    write.execute(
        "INSERT INTO events (event_num, event_id, room_num, position, sender_num, state_key_num, \
         state_version, replaces, notify_count, status, transaction_key, json, thread_num, \
         related_by, origin_server_ts) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        params![
            event.event_num,
            event.event_id.as_str(),
            event.room_num,
            position,
            event.sender_num,
            event.state_key_num,
            event.state_version,
            event.replaces,
            event.notify_count,
            event.status.number(),
            event.transaction_key,
            event.json,
            event.thread_num,
            event.related_by.number(),
            event.origin_server_ts
        ],
    );
}

/// Notes that an event is related to in these ways as well.
pub fn add_related_by(write: &mut Write, event: EventNum, added: RelatedBy) {
    write.execute(
        "UPDATE events SET related_by = related_by | $2 \
         WHERE event_num = $1 AND (related_by & $2) <> $2",
        params![event, added.number()],
    );
}

/// Replaces an event by its redacted form.
pub fn redact(write: &mut Write, event: EventNum, redacted_by: EventNum, json: &str) {
    write.execute(
        "UPDATE events SET json = $2, redacted_by = $3 WHERE event_num = $1",
        params![event, json, redacted_by],
    );
}

/// The event with this id.
///
/// # Errors
/// Fails if the database fails.
pub async fn find(reader: &impl Read, event_id: &EventId) -> Result<Option<EventRow>> {
    let sql = select!("WHERE event_id = $1");
    let row = reader.query_optional(sql, params![event_id.as_str()]).await?;
    row.as_ref().map(decode).transpose()
}

/// The events with these numbers, in no order.
///
/// # Errors
/// Fails if the database fails.
pub async fn by_numbers(reader: &impl Read, numbers: &[EventNum]) -> Result<Vec<EventRow>> {
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    let numbers: Vec<i64> = numbers.iter().map(|number| number.0).collect();
    rows(reader, select!("WHERE event_num = ANY($1)"), params![numbers]).await
}

/// The events with these ids that are stored, in no order.
///
/// # Errors
/// Fails if the database fails.
pub async fn by_ids(reader: &impl Read, ids: &[OwnedEventId]) -> Result<Vec<EventRow>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    rows(reader, select!("WHERE event_id = ANY($1)"), params![ids]).await
}

/// The event that `sender` sent into `room` with this transaction key.
///
/// # Errors
/// Fails if the database fails.
pub async fn by_transaction(
    reader: &impl Read,
    room: RoomNum,
    sender: UserNum,
    transaction_key: &str,
) -> Result<Option<EventRow>> {
    let sql = select!("WHERE room_num = $1 AND sender_num = $2 AND transaction_key = $3");
    let row = reader.query_optional(sql, params![room, sender, transaction_key]).await?;
    row.as_ref().map(decode).transpose()
}

/// At most `limit` accepted events of the room's timeline with `after < position <= until`.
///
/// # Errors
/// Fails if the database fails.
pub async fn timeline(
    reader: &impl Read,
    room: RoomNum,
    after: i64,
    until: i64,
    direction: Direction,
    limit: i64,
) -> Result<Vec<EventRow>> {
    let sql = match direction {
        Direction::Forward => select!(
            "WHERE room_num = $1 AND position > $2 AND position <= $3 AND position IS NOT NULL \
             AND status = 0 ORDER BY position LIMIT $4"
        ),
        Direction::Backward => select!(
            "WHERE room_num = $1 AND position > $2 AND position <= $3 AND position IS NOT NULL \
             AND status = 0 ORDER BY position DESC LIMIT $4"
        ),
    };
    rows(reader, sql, params![room, after, until, limit]).await
}

/// The event nearest to the time `ts` (Unix ms) in one direction, of the accepted ones of the room's timeline with
/// `after < position <= until`: its time and number.
///
/// # Errors
/// Fails if the database fails.
pub async fn nearest(
    reader: &impl Read,
    room: RoomNum,
    (after, until): (i64, i64),
    ts: i64,
    direction: Direction,
) -> Result<Option<(i64, EventNum)>> {
    let sql = match direction {
        Direction::Forward => {
            "SELECT origin_server_ts, event_num FROM events WHERE room_num = $1 \
             AND origin_server_ts >= $4 AND +position > $2 AND +position <= $3 \
             AND position IS NOT NULL AND status = 0 ORDER BY origin_server_ts, position LIMIT 1"
        }
        Direction::Backward => {
            "SELECT origin_server_ts, event_num FROM events WHERE room_num = $1 \
             AND origin_server_ts <= $4 AND +position > $2 AND +position <= $3 \
             AND position IS NOT NULL AND status = 0 \
             ORDER BY origin_server_ts DESC, position DESC LIMIT 1"
        }
    };
    let row = reader.query_optional(sql, params![room, after, until, ts]).await?;
    row.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
}

/// The running count of `room` (see [`EventRow::notify_count`]) at `position`, whatever stands there: where history was
/// purged, that of then.
///
/// # Errors
/// Fails if the database fails.
pub async fn notify_count_at(reader: &impl Read, room: RoomNum, position: i64) -> Result<i64> {
    let rows = reader
        .query(
            "SELECT notify_count FROM (SELECT notify_count FROM events WHERE room_num = $1 \
             AND position <= $2 AND position IS NOT NULL ORDER BY position DESC LIMIT 1) AS last \
             UNION ALL SELECT purged_notify_count FROM rooms \
             WHERE room_num = $1 AND purged_position <= $2",
            params![room, position],
        )
        .await?;
    rows.iter().try_fold(0, |count: i64, row| Ok(count.max(row.get(0)?)))
}

async fn rows(reader: &impl Read, sql: &'static str, params: Params) -> Result<Vec<EventRow>> {
    reader.query(sql, params).await?.iter().map(decode).collect()
}
