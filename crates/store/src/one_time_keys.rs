//! Table `one_time_keys`: keys that are each given to one other device, at most once.
//!
//! Invariant: a row whose `issued_at` is set is never given out again, and never becomes unissued again for the same
//! content: a client that repeats an upload because it lost the answer does not bring an issued key back.
use db::{OperationIndex, Read, Result, Row, Value, Write, params};

use crate::UserNum;

/// One key as it was uploaded, also for table `fallback_keys`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// The part of the name before the colon, e.g. `signed_curve25519`.
    pub algorithm: String,
    /// The part of the name behind the colon.
    pub key_id: String,
    /// The key, as canonical JSON.
    pub content: String,
}

/// Adds a key. The write is rejected if the device does not exist, or holds an unissued key of the same name with
/// another content.
pub fn insert(
    write: &mut Write,
    user: UserNum,
    device_id: &str,
    key: &Key,
    position: &Value,
) -> OperationIndex {
    write.execute_expecting(
        "INSERT INTO one_time_keys (user_num, device_id, algorithm, key_id, content, position) \
         SELECT user_num, device_id, $3, $4, $5, CAST($6 AS BIGINT) FROM devices \
         WHERE user_num = $1 AND device_id = $2 \
         ON CONFLICT (user_num, device_id, algorithm, key_id) DO UPDATE SET \
         issued_at = CASE WHEN one_time_keys.content = excluded.content \
         THEN one_time_keys.issued_at ELSE NULL END, \
         position = CASE WHEN one_time_keys.content = excluded.content \
         THEN one_time_keys.position ELSE excluded.position END, \
         content = excluded.content \
         WHERE one_time_keys.content = excluded.content OR one_time_keys.issued_at IS NOT NULL",
        params![
            user,
            device_id,
            key.algorithm.as_str(),
            key.key_id.as_str(),
            key.content.as_str(),
            position.clone()
        ],
        1,
    )
}

/// Gives out the oldest key of an algorithm: the operation returns its row, or none if there is no key left.
pub fn claim(
    write: &mut Write,
    user: UserNum,
    device_id: &str,
    algorithm: &str,
    now_ms: i64,
) -> OperationIndex {
    write.execute(
        "UPDATE one_time_keys SET issued_at = $4 \
         WHERE user_num = $1 AND device_id = $2 AND algorithm = $3 AND issued_at IS NULL \
         AND key_id = (SELECT oldest.key_id FROM one_time_keys AS oldest \
         WHERE oldest.user_num = $1 AND oldest.device_id = $2 AND oldest.algorithm = $3 \
         AND oldest.issued_at IS NULL ORDER BY oldest.position, oldest.key_id LIMIT 1) \
         RETURNING algorithm, key_id, content",
        params![user, device_id, algorithm, now_ms],
    )
}

/// The content of an unissued key.
///
/// # Errors
/// Fails if the database fails.
pub async fn find_unissued(
    reader: &impl Read,
    user: UserNum,
    device_id: &str,
    algorithm: &str,
    key_id: &str,
) -> Result<Option<String>> {
    let row = reader
        .query_optional(
            "SELECT content FROM one_time_keys WHERE user_num = $1 AND device_id = $2 \
             AND algorithm = $3 AND key_id = $4 AND issued_at IS NULL",
            params![user, device_id, algorithm, key_id],
        )
        .await?;
    row.map(|row| row.get(0)).transpose()
}

/// How many unissued keys a device has, by algorithm.
///
/// # Errors
/// Fails if the database fails.
pub async fn counts(
    reader: &impl Read,
    user: UserNum,
    device_id: &str,
) -> Result<Vec<(String, i64)>> {
    let rows = reader
        .query(
            "SELECT algorithm, COUNT(*) FROM one_time_keys \
             WHERE user_num = $1 AND device_id = $2 AND issued_at IS NULL \
             GROUP BY algorithm ORDER BY algorithm",
            params![user, device_id],
        )
        .await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect()
}

/// Forgets which keys of a device were issued before `before_ms`.
pub fn forget_issued(write: &mut Write, user: UserNum, device_id: &str, before_ms: i64) {
    write.execute(
        "DELETE FROM one_time_keys WHERE user_num = $1 AND device_id = $2 AND issued_at < $3",
        params![user, device_id, before_ms],
    );
}

/// Forgets all keys of a device.
pub fn delete(write: &mut Write, user: UserNum, device_id: &str) {
    write.execute(
        "DELETE FROM one_time_keys WHERE user_num = $1 AND device_id = $2",
        params![user, device_id],
    );
}

/// A row that [`claim`], or [`crate::fallback_keys::claim`], returned.
///
/// # Errors
/// Fails if the row has another shape.
pub fn claimed(row: &Row) -> Result<Key> {
    Ok(Key { algorithm: row.get(0)?, key_id: row.get(1)?, content: row.get(2)? })
}
