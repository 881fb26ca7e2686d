//! Table `devices`: what a user has logged in with.
use db::{OperationIndex, Read, Result, Row, Write, params};

use crate::UserNum;

/// A device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceRow {
    /// Its id, unique among the user's devices.
    pub device_id: String,
    /// What the user calls it.
    pub display_name: Option<String>,
    /// When it was last used (Unix ms), to within a few minutes.
    pub last_seen_ts: Option<i64>,
    /// From where it was last used.
    pub last_seen_ip: Option<String>,
    /// With what it was last used.
    pub last_seen_user_agent: Option<String>,
}

/// Adds a device unless the user has it; its name is set only then. Affects no row for a known device.
pub fn insert(
    write: &mut Write,
    user: UserNum,
    device_id: &str,
    display_name: Option<&str>,
    now_ms: i64,
) -> OperationIndex {
    write.execute(
        "INSERT INTO devices (user_num, device_id, display_name, created_ts) \
         VALUES ($1, $2, $3, $4) ON CONFLICT (user_num, device_id) DO NOTHING",
        params![user, device_id, display_name, now_ms],
    )
}

/// A user's devices, in order of id.
///
/// # Errors
/// Fails if the database fails.
pub async fn of_user(reader: &impl Read, user: UserNum) -> Result<Vec<DeviceRow>> {
    let rows = reader
        .query(
            "SELECT device_id, display_name, last_seen_ts, last_seen_ip, last_seen_user_agent \
             FROM devices WHERE user_num = $1 ORDER BY device_id",
            params![user],
        )
        .await?;
    rows.iter().map(decode).collect()
}

/// One device.
///
/// # Errors
/// Fails if the database fails.
pub async fn find(reader: &impl Read, user: UserNum, device_id: &str) -> Result<Option<DeviceRow>> {
    let row = reader
        .query_optional(
            "SELECT device_id, display_name, last_seen_ts, last_seen_ip, last_seen_user_agent \
             FROM devices WHERE user_num = $1 AND device_id = $2",
            params![user, device_id],
        )
        .await?;
    row.as_ref().map(decode).transpose()
}

/// Names a device; the write is rejected if the user has no such device.
pub fn rename(write: &mut Write, user: UserNum, device_id: &str, display_name: &str) {
    write.execute_expecting(
        "UPDATE devices SET display_name = $3 WHERE user_num = $1 AND device_id = $2",
        params![user, device_id, display_name],
        1,
    );
}

/// Notes where a device was used last.
pub fn seen(
    write: &mut Write,
    user: UserNum,
    device_id: &str,
    now_ms: i64,
    ip: &str,
    user_agent: &str,
) {
    write.execute(
        "UPDATE devices SET last_seen_ts = $3, last_seen_ip = $4, last_seen_user_agent = $5 \
         WHERE user_num = $1 AND device_id = $2",
        params![user, device_id, now_ms, ip, user_agent],
    );
}

/// Removes a device. The operation affects no row if the user has no such device.
pub fn delete(write: &mut Write, user: UserNum, device_id: &str) -> OperationIndex {
    write.execute(
        "DELETE FROM devices WHERE user_num = $1 AND device_id = $2",
        params![user, device_id],
    )
}

fn decode(row: &Row) -> Result<DeviceRow> {
    Ok(DeviceRow {
        device_id: row.get(0)?,
        display_name: row.get(1)?,
        last_seen_ts: row.get(2)?,
        last_seen_ip: row.get(3)?,
        last_seen_user_agent: row.get(4)?,
    })
}
