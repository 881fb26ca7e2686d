//! Table `dehydrated_devices`: the device of each user that waits for messages while they have no other.
use db::{Read, Result, Write, params};

use crate::UserNum;

/// A device that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DehydratedDeviceRow {
    /// Which device.
    pub device_id: String,
    /// Its secrets, which only the user can decrypt, as JSON.
    pub device_data: String,
}

/// The device of a user.
///
/// # Errors
/// Fails if the database fails.
pub async fn find(reader: &impl Read, user: UserNum) -> Result<Option<DehydratedDeviceRow>> {
    let row = reader
        .query_optional(
            "SELECT device_id, device_data FROM dehydrated_devices WHERE user_num = $1",
            params![user],
        )
        .await?;
    row.map(|row| Ok(DehydratedDeviceRow { device_id: row.get(0)?, device_data: row.get(1)? }))
        .transpose()
}

/// Sets the device of a user, in the place of another.
pub fn set(write: &mut Write, user: UserNum, row: &DehydratedDeviceRow) {
    write.execute(
        "INSERT INTO dehydrated_devices (user_num, device_id, device_data) VALUES ($1, $2, $3) \
         ON CONFLICT (user_num) DO UPDATE SET device_id = excluded.device_id, \
         device_data = excluded.device_data",
        params![user, row.device_id.as_str(), row.device_data.as_str()],
    );
}

/// Removes the device of a user if it is this one.
pub fn delete(write: &mut Write, user: UserNum, device_id: &str) {
    write.execute(
        "DELETE FROM dehydrated_devices WHERE user_num = $1 AND device_id = $2",
        params![user, device_id],
    );
}
