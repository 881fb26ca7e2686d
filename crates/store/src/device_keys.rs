//! Table `device_keys`: the identity keys of each device.
use db::{OperationIndex, Read, Result, Row, Write, params};

use crate::UserNum;

/// The identity keys of one device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceKeys {
    /// Whose device.
    pub user: UserNum,
    /// Which device.
    pub device_id: String,
    /// The signed object as it was uploaded, as canonical JSON.
    pub keys: String,
    /// What the user calls the device.
    pub display_name: Option<String>,
}

/// The keys of one device.
///
/// # Errors
/// Fails if the database fails.
pub async fn find(reader: &impl Read, user: UserNum, device_id: &str) -> Result<Option<String>> {
    let row = reader
        .query_optional(
            "SELECT keys FROM device_keys WHERE user_num = $1 AND device_id = $2",
            params![user, device_id],
        )
        .await?;
    row.map(|row| row.get(0)).transpose()
}

/// The keys of all devices of `users`, in order of user and device id.
///
/// # Errors
/// Fails if the database fails.
pub async fn of_users(reader: &impl Read, users: &[UserNum]) -> Result<Vec<DeviceKeys>> {
    let numbers: Vec<i64> = users.iter().map(|user| user.0).collect();
    let rows = reader
        .query(
            "SELECT device_keys.user_num, device_keys.device_id, keys, display_name \
             FROM device_keys JOIN devices ON devices.user_num = device_keys.user_num \
             AND devices.device_id = device_keys.device_id \
             WHERE device_keys.user_num = ANY($1) \
             ORDER BY device_keys.user_num, device_keys.device_id",
            params![numbers],
        )
        .await?;
    rows.iter().map(from_row).collect()
}

/// Replaces the keys of a device. Affects no row if the user has no such device, so that keys never outlive it.
pub fn upsert(
    write: &mut Write,
    user: UserNum,
    device_id: &str,
    keys: &str,
    now_ms: i64,
) -> OperationIndex {
    write.execute_expecting(
        "INSERT INTO device_keys (user_num, device_id, keys, uploaded_at) \
         SELECT user_num, device_id, $3, CAST($4 AS BIGINT) FROM devices \
         WHERE user_num = $1 AND device_id = $2 \
         ON CONFLICT (user_num, device_id) \
         DO UPDATE SET keys = excluded.keys, uploaded_at = excluded.uploaded_at",
        params![user, device_id, keys, now_ms],
        1,
    )
}

/// Forgets the keys of a device.
pub fn delete(write: &mut Write, user: UserNum, device_id: &str) {
    write.execute(
        "DELETE FROM device_keys WHERE user_num = $1 AND device_id = $2",
        params![user, device_id],
    );
}

fn from_row(row: &Row) -> Result<DeviceKeys> {
    Ok(DeviceKeys {
        user: row.get(0)?,
        device_id: row.get(1)?,
        keys: row.get(2)?,
        display_name: row.get(3)?,
    })
}
