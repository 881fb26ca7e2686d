//! Tables `to_device_messages` (each device's inbox) and `to_device_transactions` (which sends were done).
use db::{OperationIndex, Read, Result, Value, Write, params};

use crate::UserNum;

/// One message in an inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToDeviceMessage {
    /// Where in the change stream.
    pub position: i64,
    /// The event: type, sender and content, as JSON.
    pub message: String,
}

/// What an inbox holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InboxState {
    /// How many messages.
    pub messages: i64,
    /// The position of the oldest, or 0.
    pub oldest: i64,
    /// The position of the newest, or 0.
    pub newest: i64,
}

/// Puts a message into the inbox of one device, if it exists. The operation returns the device id.
pub fn insert(
    write: &mut Write,
    user: UserNum,
    device_id: &str,
    position: &Value,
    sender: UserNum,
    message: &str,
) -> OperationIndex {
    write.execute(
        "INSERT INTO to_device_messages (user_num, device_id, position, sender_num, message) \
         SELECT user_num, device_id, CAST($3 AS BIGINT), CAST($4 AS BIGINT), $5 FROM devices \
         WHERE user_num = $1 AND device_id = $2 RETURNING device_id",
        params![user, device_id, position.clone(), sender, message],
    )
}

/// Puts a message into the inboxes of all devices of a user. The operation returns their ids.
pub fn insert_for_all(
    write: &mut Write,
    user: UserNum,
    position: &Value,
    sender: UserNum,
    message: &str,
) -> OperationIndex {
    write.execute(
        "INSERT INTO to_device_messages (user_num, device_id, position, sender_num, message) \
         SELECT user_num, device_id, CAST($2 AS BIGINT), CAST($3 AS BIGINT), $4 FROM devices \
         WHERE user_num = $1 RETURNING device_id",
        params![user, position.clone(), sender, message],
    )
}

/// The oldest messages after `after` and up to `until`, at most `limit`.
///
/// # Errors
/// Fails if the database fails.
pub async fn messages(
    reader: &impl Read,
    user: UserNum,
    device_id: &str,
    after: i64,
    until: i64,
    limit: i64,
) -> Result<Vec<ToDeviceMessage>> {
    let rows = reader
        .query(
            "SELECT position, message FROM to_device_messages \
             WHERE user_num = $1 AND device_id = $2 AND position > $3 AND position <= $4 \
             ORDER BY position LIMIT $5",
            params![user, device_id, after, until, limit],
        )
        .await?;
    rows.iter()
        .map(|row| Ok(ToDeviceMessage { position: row.get(0)?, message: row.get(1)? }))
        .collect()
}

/// A message in the inbox of one of a user's devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddressedMessage {
    /// Which device.
    pub device_id: String,
    /// The message.
    pub message: ToDeviceMessage,
}

/// The messages for all devices of a user with `after < position <= until`, the oldest first.
///
/// # Errors
/// Fails if the database fails.
pub async fn messages_of_user(
    reader: &impl Read,
    user: UserNum,
    after: i64,
    until: i64,
) -> Result<Vec<AddressedMessage>> {
    let rows = reader
        .query(
            "SELECT device_id, position, message FROM to_device_messages \
             WHERE user_num = $1 AND position > $2 AND position <= $3 ORDER BY position",
            params![user, after, until],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let message = ToDeviceMessage { position: row.get(1)?, message: row.get(2)? };
            Ok(AddressedMessage { device_id: row.get(0)?, message })
        })
        .collect()
}

/// The users with a message behind `position`. Reads the whole table: for those who have no memory of what has changed.
///
/// # Errors
/// Fails if the database fails.
pub async fn users_after(reader: &impl Read, position: i64) -> Result<Vec<UserNum>> {
    let rows = reader
        .query(
            "SELECT DISTINCT user_num FROM to_device_messages WHERE position > $1",
            params![position],
        )
        .await?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// What the inbox of a device holds.
///
/// # Errors
/// Fails if the database fails.
pub async fn state(reader: &impl Read, user: UserNum, device_id: &str) -> Result<InboxState> {
    let row = reader
        .query_optional(
            "SELECT COUNT(*), COALESCE(MIN(position), 0), COALESCE(MAX(position), 0) \
             FROM to_device_messages WHERE user_num = $1 AND device_id = $2",
            params![user, device_id],
        )
        .await?;
    let Some(row) = row else { return Ok(InboxState::default()) };
    Ok(InboxState { messages: row.get(0)?, oldest: row.get(1)?, newest: row.get(2)? })
}

/// Forgets the messages up to and including `until`: the device has them.
pub fn delete_until(write: &mut Write, user: UserNum, device_id: &str, until: i64) {
    write.execute(
        "DELETE FROM to_device_messages \
         WHERE user_num = $1 AND device_id = $2 AND position <= $3",
        params![user, device_id, until],
    );
}

/// Forgets the oldest `surplus` messages of the sender who has the most in this inbox.
pub fn trim(write: &mut Write, user: UserNum, device_id: &str, surplus: i64) {
    write.execute(
        "DELETE FROM to_device_messages WHERE user_num = $1 AND device_id = $2 \
         AND position IN (SELECT crowd.position FROM to_device_messages AS crowd \
         WHERE crowd.user_num = $1 AND crowd.device_id = $2 AND crowd.sender_num = \
         (SELECT loudest.sender_num FROM to_device_messages AS loudest \
         WHERE loudest.user_num = $1 AND loudest.device_id = $2 \
         GROUP BY loudest.sender_num ORDER BY COUNT(*) DESC, loudest.sender_num LIMIT 1) \
         ORDER BY crowd.position LIMIT $3)",
        params![user, device_id, surplus],
    );
}

/// Forgets the inbox of a device and which sends it has done.
pub fn delete_device(write: &mut Write, user: UserNum, device_id: &str) {
    write.execute(
        "DELETE FROM to_device_messages WHERE user_num = $1 AND device_id = $2",
        params![user, device_id],
    );
    write.execute(
        "DELETE FROM to_device_transactions WHERE user_num = $1 AND device_id = $2",
        params![user, device_id],
    );
}

/// Notes a send. The write is rejected if the device has done it before.
pub fn insert_transaction(
    write: &mut Write,
    user: UserNum,
    device_id: &str,
    event_type: &str,
    transaction_id: &str,
    now_ms: i64,
) -> OperationIndex {
    write.execute(
        "INSERT INTO to_device_transactions \
         (user_num, device_id, event_type, transaction_id, sent_at) VALUES ($1, $2, $3, $4, $5)",
        params![user, device_id, event_type, transaction_id, now_ms],
    )
}

/// Whether the device has done this send.
///
/// # Errors
/// Fails if the database fails.
pub async fn has_transaction(
    reader: &impl Read,
    user: UserNum,
    device_id: &str,
    event_type: &str,
    transaction_id: &str,
) -> Result<bool> {
    let row = reader
        .query_optional(
            "SELECT 1 FROM to_device_transactions WHERE user_num = $1 AND device_id = $2 \
             AND event_type = $3 AND transaction_id = $4",
            params![user, device_id, event_type, transaction_id],
        )
        .await?;
    Ok(row.is_some())
}

/// Forgets the sends done before `before_ms`.
pub fn forget_transactions(write: &mut Write, before_ms: i64) {
    write.execute("DELETE FROM to_device_transactions WHERE sent_at < $1", params![before_ms]);
}
