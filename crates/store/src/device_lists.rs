//! Table `device_lists`: when each user's devices or cross-signing keys changed last.
use db::{Read, Result, Value, Write, params};

use crate::UserNum;

/// Notes a change of the user's device list.
pub fn touch(write: &mut Write, user: UserNum, position: &Value) {
    write.execute(
        "INSERT INTO device_lists (user_num, position) VALUES ($1, $2) \
         ON CONFLICT (user_num) DO UPDATE SET position = excluded.position",
        params![user, position.clone()],
    );
}

/// Who has changed after `after`, the latest change last.
///
/// A change behind the end of the caller's window is reported as well: the client then asks for the keys a little
/// early, and once more later. Only the latest change is stored, so that the table has one row a user.
///
/// # Errors
/// Fails if the database fails.
pub async fn changed_since(reader: &impl Read, after: i64) -> Result<Vec<UserNum>> {
    let rows = reader
        .query(
            "SELECT user_num FROM device_lists WHERE position > $1 ORDER BY position",
            params![after],
        )
        .await?;
    rows.iter().map(|row| row.get(0)).collect()
}
