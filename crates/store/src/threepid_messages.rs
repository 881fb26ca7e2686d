//! Table `threepid_messages`: what was sent to addresses lately.
use db::{Read, Result, Write, params};
use protocol::Threepid;

/// Notes a message.
pub fn insert(write: &mut Write, message_id: i64, threepid: &Threepid, sent_ts: i64) {
    write.execute(
        "INSERT INTO threepid_messages (message_id, medium, address, sent_ts) VALUES ($1, $2, $3, $4)",
        params![message_id, threepid.medium().as_str(), threepid.address(), sent_ts],
    );
}

/// When the messages to an address after `since` (Unix ms) were sent, the oldest first.
///
/// # Errors
/// Fails if the database fails.
pub async fn sent_since(reader: &impl Read, threepid: &Threepid, since: i64) -> Result<Vec<i64>> {
    let rows = reader
        .query(
            "SELECT sent_ts FROM threepid_messages \
             WHERE medium = $1 AND address = $2 AND sent_ts > $3 ORDER BY sent_ts",
            params![threepid.medium().as_str(), threepid.address(), since],
        )
        .await?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// Forgets what was sent before `before` (Unix ms).
pub fn delete_before(write: &mut Write, before: i64) {
    write.execute("DELETE FROM threepid_messages WHERE sent_ts < $1", params![before]);
}
