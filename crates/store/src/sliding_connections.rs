//! Table `sliding_connections`: what clients of sliding sync have been told, for when it is in memory no more.
use db::{Read, Result, Write, params};

use crate::numbers::UserNum;

/// A connection of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SlidingConnectionRow {
    /// Whose.
    pub user: UserNum,
    /// Of which device.
    pub device_id: String,
    /// How the client calls it.
    pub conn_id: String,
    /// Tells it from others that had its place before.
    pub connection: i64,
    /// When it was last used (Unix ms).
    pub used_ts: i64,
    /// What has been told, as the sync service writes it.
    pub state: String,
}

/// The connection of this name.
///
/// # Errors
/// Fails if the database fails.
pub async fn find(
    reader: &impl Read,
    user: UserNum,
    device_id: &str,
    conn_id: &str,
) -> Result<Option<SlidingConnectionRow>> {
    let row = reader
        .query_optional(
            "SELECT user_num, device_id, conn_id, connection, used_ts, state \
             FROM sliding_connections WHERE user_num = $1 AND device_id = $2 AND conn_id = $3",
            params![user, device_id, conn_id],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(SlidingConnectionRow {
        user: row.get(0)?,
        device_id: row.get(1)?,
        conn_id: row.get(2)?,
        connection: row.get(3)?,
        used_ts: row.get(4)?,
        state: row.get(5)?,
    }))
}

/// Keeps a connection, in the place of an older one of its name.
pub fn set(write: &mut Write, row: &SlidingConnectionRow) {
    write.execute(
        "INSERT INTO sliding_connections (user_num, device_id, conn_id, connection, used_ts, state) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (user_num, device_id, conn_id) DO UPDATE SET \
         connection = excluded.connection, used_ts = excluded.used_ts, state = excluded.state",
        params![
            row.user,
            row.device_id.as_str(),
            row.conn_id.as_str(),
            row.connection,
            row.used_ts,
            row.state.as_str()
        ],
    );
}

/// Leaves a device no more than its `most` connections that were used last.
pub fn trim(write: &mut Write, user: UserNum, device_id: &str, most: u32) {
    write.execute(
        "DELETE FROM sliding_connections WHERE user_num = $1 AND device_id = $2 AND conn_id IN \
         (SELECT conn_id FROM sliding_connections WHERE user_num = $1 AND device_id = $2 \
         ORDER BY used_ts DESC, conn_id LIMIT 1000000 OFFSET $3)",
        params![user, device_id, most],
    );
}

/// Forgets the connections of a device.
pub fn delete_of_device(write: &mut Write, user: UserNum, device_id: &str) {
    write.execute(
        "DELETE FROM sliding_connections WHERE user_num = $1 AND device_id = $2",
        params![user, device_id],
    );
}

/// Forgets the connections that have not been used since `used_ts`.
pub fn delete_unused(write: &mut Write, used_ts: i64) {
    write.execute("DELETE FROM sliding_connections WHERE used_ts < $1", params![used_ts]);
}
