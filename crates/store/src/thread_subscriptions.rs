//! Table `thread_subscriptions`: to which threads users have subscribed, and from which they have unsubscribed again
//! (MSC4306).
use db::{OperationIndex, Read, Result, Row, Value, Write, params};
use protocol::ids::{EventId, OwnedEventId};

use crate::numbers::{EventNum, RoomNum, UserNum};

/// A user's subscription to a thread, or that they have unsubscribed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThreadSubscriptionRow {
    /// Whose.
    pub user_num: UserNum,
    /// Whether the user's client has made it by itself.
    pub is_automatic: bool,
    /// From where on in the change stream it counts.
    pub since_position: i64,
    /// Up to where; none while it counts.
    pub ended_position: Option<i64>,
    /// Where it last changed.
    pub position: i64,
}

impl ThreadSubscriptionRow {
    /// Whether the user was subscribed when the event at `position` was sent.
    #[must_use]
    pub fn covers(&self, position: i64) -> bool {
        position > self.since_position && self.ended_position.is_none_or(|end| position <= end)
    }
}

/// A subscription among those of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedSubscription {
    /// Its room.
    pub room_num: RoomNum,
    /// The thread's root.
    pub root_id: OwnedEventId,
    /// It.
    pub row: ThreadSubscriptionRow,
}

/// Subscribes a user to a thread; the operation tells whether that changes anything. One that the user has made stays theirs.
/// Who has unsubscribed is not subscribed again for a `cause` (its position) that was there before.
pub fn subscribe(
    write: &mut Write,
    user: UserNum,
    room: RoomNum,
    thread: EventNum,
    cause: Option<i64>,
    position: &Value,
) -> OperationIndex {
    write.execute(
        "INSERT INTO thread_subscriptions AS s \
         (user_num, room_num, root_num, automatic, since_position, position) \
         VALUES ($1, $2, $3, $4, $5, $5) \
         ON CONFLICT (user_num, room_num, root_num) DO UPDATE SET \
         automatic = excluded.automatic, ended_position = NULL, position = excluded.position, \
         since_position = CASE WHEN s.ended_position IS NULL THEN s.since_position \
         ELSE excluded.since_position END \
         WHERE (s.ended_position IS NULL AND s.automatic > excluded.automatic) \
         OR (s.ended_position IS NOT NULL \
         AND (excluded.automatic = 0 OR s.ended_position < $6))",
        params![user, room, thread, cause.is_some(), position.clone(), cause.unwrap_or(i64::MAX)],
    )
}

/// Unsubscribes a user from a thread; the operation tells whether they were subscribed.
pub fn unsubscribe(
    write: &mut Write,
    user: UserNum,
    room: RoomNum,
    thread: EventNum,
    position: &Value,
) -> OperationIndex {
    write.execute(
        "UPDATE thread_subscriptions SET ended_position = $4, position = $4 \
         WHERE user_num = $1 AND room_num = $2 AND root_num = $3 AND ended_position IS NULL",
        params![user, room, thread, position.clone()],
    )
}

/// What a user has decided about a thread.
///
/// # Errors
/// Fails if the database fails.
pub async fn find(
    reader: &impl Read,
    user: UserNum,
    room: RoomNum,
    thread: EventNum,
) -> Result<Option<ThreadSubscriptionRow>> {
    let row = reader
        .query_optional(
            "SELECT user_num, automatic, since_position, ended_position, position \
             FROM thread_subscriptions WHERE user_num = $1 AND room_num = $2 AND root_num = $3",
            params![user, room, thread],
        )
        .await?;
    row.as_ref().map(decode).transpose()
}

/// What everybody has decided about a thread.
///
/// # Errors
/// Fails if the database fails.
pub async fn of_thread(
    reader: &impl Read,
    room: RoomNum,
    thread: EventNum,
) -> Result<Vec<ThreadSubscriptionRow>> {
    let rows = reader
        .query(
            "SELECT user_num, automatic, since_position, ended_position, position \
             FROM thread_subscriptions WHERE room_num = $1 AND root_num = $2",
            params![room, thread],
        )
        .await?;
    rows.iter().map(decode).collect()
}

/// The `limit` decisions of a user that changed last with `after < position <= until`, the last one first.
///
/// # Errors
/// Fails if the database fails.
pub async fn changed(
    reader: &impl Read,
    user: UserNum,
    (after, until): (i64, i64),
    limit: i64,
) -> Result<Vec<ListedSubscription>> {
    let rows = reader
        .query(
            "SELECT s.user_num, s.automatic, s.since_position, s.ended_position, s.position, \
             s.room_num, e.event_id FROM thread_subscriptions AS s \
             JOIN events AS e ON e.event_num = s.root_num \
             WHERE s.user_num = $1 AND s.position > $2 AND s.position <= $3 \
             ORDER BY s.position DESC LIMIT $4",
            params![user, after, until, limit],
        )
        .await?;
    let listed = |row: &Row| {
        let root_id =
            EventId::parse(row.text(6)?).map_err(|_| db::Error::inconsistent("events.event_id"))?;
        Ok(ListedSubscription { room_num: row.get(5)?, root_id, row: decode(row)? })
    };
    rows.iter().map(listed).collect()
}

fn decode(row: &Row) -> Result<ThreadSubscriptionRow> {
    Ok(ThreadSubscriptionRow {
        user_num: row.get(0)?,
        is_automatic: row.get(1)?,
        since_position: row.get(2)?,
        ended_position: row.get(3)?,
        position: row.get(4)?,
    })
}
