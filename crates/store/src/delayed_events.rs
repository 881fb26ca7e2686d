//! Table `delayed_events`: events that are sent later, unless somebody decides otherwise (MSC4140).
use db::{OperationIndex, Params, Read, Result, Row, Write, params};

use crate::numbers::{RoomNum, UserNum};

/// A delayed event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DelayedEventRow {
    /// Its id, which nobody guesses: whoever knows it may decide about it.
    pub delay_id: String,
    /// Who sends it.
    pub user_num: UserNum,
    /// Into which room.
    pub room_num: RoomNum,
    /// Its type.
    pub kind: String,
    /// Its state key, for a state event.
    pub state_key: Option<String>,
    /// Its content, JSON.
    pub content: String,
    /// For how long (ms) it is sticky (MSC4354).
    pub sticky_ms: Option<i64>,
    /// How long it waits (ms).
    pub delay_ms: i64,
    /// Since when (Unix ms).
    pub since_ts: i64,
    /// The transaction of the request that has scheduled it.
    pub transaction_key: Option<String>,
    /// What became of it; none while it waits.
    pub end: Option<End>,
}

/// What became of a delayed event, and when (Unix ms).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// When.
    pub finalised_ts: i64,
    /// What.
    pub outcome: Outcome,
}

/// What became of a delayed event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was sent, and has this id.
    Sent(String),
    /// Somebody has cancelled it.
    Cancelled,
    /// It could not be sent, or something has made it pointless: JSON.
    Failed(String),
}

impl DelayedEventRow {
    /// When it is sent (Unix ms).
    #[must_use]
    pub fn send_ts(&self) -> i64 {
        self.since_ts.saturating_add(self.delay_ms)
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT delay_id, user_num, room_num, type, state_key, content, delay_ms, since_ts, \
             transaction_key, finalised_ts, event_id, error, sticky_ms FROM delayed_events ",
            $rest
        )
    };
}

/// The delayed event with this id.
///
/// # Errors
/// Fails if the database fails.
pub async fn find(reader: &impl Read, delay_id: &str) -> Result<Option<DelayedEventRow>> {
    let rows = rows(reader, select!("WHERE delay_id = $1"), params![delay_id]).await?;
    Ok(rows.into_iter().next())
}

/// The delayed event that a transaction has made.
///
/// # Errors
/// Fails if the database fails.
pub async fn by_transaction(
    reader: &impl Read,
    user: UserNum,
    room: RoomNum,
    key: &str,
) -> Result<Option<DelayedEventRow>> {
    let sql = select!("WHERE user_num = $1 AND room_num = $2 AND transaction_key = $3");
    Ok(rows(reader, sql, params![user, room, key]).await?.into_iter().next())
}

/// All that wait, the next one first.
///
/// # Errors
/// Fails if the database fails.
pub async fn waiting(reader: &impl Read) -> Result<Vec<DelayedEventRow>> {
    let sql = select!("WHERE finalised_ts IS NULL ORDER BY send_ts, delay_id");
    rows(reader, sql, params![]).await
}

/// Those of a user that wait, the next one first.
///
/// # Errors
/// Fails if the database fails.
pub async fn waiting_of_user(reader: &impl Read, user: UserNum) -> Result<Vec<DelayedEventRow>> {
    let sql = select!("WHERE user_num = $1 AND finalised_ts IS NULL ORDER BY send_ts, delay_id");
    rows(reader, sql, params![user]).await
}

/// Those of a user that wait no more, the last one first.
///
/// # Errors
/// Fails if the database fails.
pub async fn finalised_of_user(reader: &impl Read, user: UserNum) -> Result<Vec<DelayedEventRow>> {
    let sql = select!(
        "WHERE user_num = $1 AND finalised_ts IS NOT NULL ORDER BY finalised_ts DESC, delay_id"
    );
    rows(reader, sql, params![user]).await
}

/// Schedules an event, unless the user has `most` that wait or the transaction has made one: then the write is rejected.
pub fn insert(write: &mut Write, row: &DelayedEventRow, most: i64) {
    write.execute_expecting(
        "INSERT INTO delayed_events (delay_id, user_num, room_num, type, state_key, content, \
         delay_ms, since_ts, send_ts, transaction_key, sticky_ms) SELECT CAST($1 AS TEXT), \
         CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS TEXT), CAST($5 AS TEXT), \
         CAST($6 AS TEXT), CAST($7 AS BIGINT), CAST($8 AS BIGINT), CAST($9 AS BIGINT), \
         CAST($10 AS TEXT), CAST($12 AS BIGINT) WHERE (SELECT COUNT(*) FROM delayed_events \
         WHERE user_num = $2 AND finalised_ts IS NULL) < $11",
        params![
            row.delay_id.as_str(),
            row.user_num,
            row.room_num,
            row.kind.as_str(),
            row.state_key.clone(),
            row.content.as_str(),
            row.delay_ms,
            row.since_ts,
            row.send_ts(),
            row.transaction_key.clone(),
            most,
            row.sticky_ms
        ],
        1,
    );
}

/// Lets one that waits begin to wait anew; the operation tells whether it waited.
pub fn restart(write: &mut Write, delay_id: &str, now_ms: i64) -> OperationIndex {
    write.execute(
        "UPDATE delayed_events SET since_ts = $2, send_ts = $2 + delay_ms \
         WHERE delay_id = $1 AND finalised_ts IS NULL",
        params![delay_id, now_ms],
    )
}

/// Ends one that waits, without sending it; the operation tells whether it waited.
pub fn end(write: &mut Write, delay_id: &str, now_ms: i64, error: Option<&str>) -> OperationIndex {
    write.execute(
        "UPDATE delayed_events SET finalised_ts = $2, error = $3 \
         WHERE delay_id = $1 AND finalised_ts IS NULL",
        params![delay_id, now_ms, error.map(str::to_owned)],
    )
}

/// Notes what one that waits was sent as; the write is rejected if it waits no more.
pub fn sent(write: &mut Write, delay_id: &str, now_ms: i64, event_id: &str) {
    write.execute_expecting(
        "UPDATE delayed_events SET finalised_ts = $2, event_id = $3 \
         WHERE delay_id = $1 AND finalised_ts IS NULL",
        params![delay_id, now_ms, event_id],
        1,
    );
}

/// Forgets those that waited no more at `before` (Unix ms).
pub fn delete_finalised(write: &mut Write, before: i64) {
    write.execute(
        "DELETE FROM delayed_events WHERE finalised_ts IS NOT NULL AND finalised_ts < $1",
        params![before],
    );
}

/// Leaves a user no more than the `most` that ended last of those that wait no more.
pub fn trim_finalised(write: &mut Write, user: UserNum, most: i64) {
    write.execute(
        "DELETE FROM delayed_events WHERE delay_id IN (SELECT delay_id FROM delayed_events \
         WHERE user_num = $1 AND finalised_ts IS NOT NULL \
         ORDER BY finalised_ts DESC, delay_id LIMIT 1000000 OFFSET $2)",
        params![user, most],
    );
}

async fn rows(
    reader: &impl Read,
    sql: &'static str,
    params: Params,
) -> Result<Vec<DelayedEventRow>> {
    reader.query(sql, params).await?.iter().map(decode).collect()
}

fn decode(row: &Row) -> Result<DelayedEventRow> {
    let (event_id, error): (Option<String>, Option<String>) = (row.get(10)?, row.get(11)?);
    let outcome = match (event_id, error) {
        (Some(event_id), _) => Outcome::Sent(event_id),
        (None, Some(error)) => Outcome::Failed(error),
        (None, None) => Outcome::Cancelled,
    };
    let finalised_ts: Option<i64> = row.get(9)?;
    Ok(DelayedEventRow {
        delay_id: row.get(0)?,
        user_num: row.get(1)?,
        room_num: row.get(2)?,
        kind: row.get(3)?,
        state_key: row.get(4)?,
        content: row.get(5)?,
        sticky_ms: row.get(12)?,
        delay_ms: row.get(6)?,
        since_ts: row.get(7)?,
        transaction_key: row.get(8)?,
        end: finalised_ts.map(|finalised_ts| End { finalised_ts, outcome }),
    })
}
