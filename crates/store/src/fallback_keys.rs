//! Table `fallback_keys`: one key an algorithm that is given out again and again when a device has no one-time key.
use db::{OperationIndex, Read, Result, Write, params};

use crate::{UserNum, one_time_keys::Key};

/// Replaces the key of the algorithm. A key with another name or content counts as unused.
/// The write is rejected if the device does not exist.
pub fn upsert(write: &mut Write, user: UserNum, device_id: &str, key: &Key) -> OperationIndex {
    write.execute_expecting(
        "INSERT INTO fallback_keys (user_num, device_id, algorithm, key_id, content) \
         SELECT user_num, device_id, $3, $4, $5 FROM devices \
         WHERE user_num = $1 AND device_id = $2 \
         ON CONFLICT (user_num, device_id, algorithm) DO UPDATE SET \
         used = CASE WHEN fallback_keys.key_id = excluded.key_id \
         AND fallback_keys.content = excluded.content THEN fallback_keys.used ELSE 0 END, \
         key_id = excluded.key_id, content = excluded.content",
        params![user, device_id, key.algorithm.as_str(), key.key_id.as_str(), key.content.as_str()],
        1,
    )
}

/// Gives out the key of an algorithm and marks it as used, unless the device has a one-time key of that algorithm.
/// To be added to the write before [`crate::one_time_keys::claim`]: the operation returns the row, or none.
pub fn claim(write: &mut Write, user: UserNum, device_id: &str, algorithm: &str) -> OperationIndex {
    write.execute(
        "UPDATE fallback_keys SET used = 1 \
         WHERE user_num = $1 AND device_id = $2 AND algorithm = $3 \
         AND NOT EXISTS (SELECT 1 FROM one_time_keys AS unissued WHERE unissued.user_num = $1 \
         AND unissued.device_id = $2 AND unissued.algorithm = $3 AND unissued.issued_at IS NULL) \
         RETURNING algorithm, key_id, content",
        params![user, device_id, algorithm],
    )
}

/// The algorithms of which a device has a fallback key that was never given out.
///
/// # Errors
/// Fails if the database fails.
pub async fn unused_algorithms(
    reader: &impl Read,
    user: UserNum,
    device_id: &str,
) -> Result<Vec<String>> {
    let rows = reader
        .query(
            "SELECT algorithm FROM fallback_keys \
             WHERE user_num = $1 AND device_id = $2 AND used = 0 ORDER BY algorithm",
            params![user, device_id],
        )
        .await?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// Forgets all keys of a device.
pub fn delete(write: &mut Write, user: UserNum, device_id: &str) {
    write.execute(
        "DELETE FROM fallback_keys WHERE user_num = $1 AND device_id = $2",
        params![user, device_id],
    );
}
