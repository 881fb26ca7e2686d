//! Table `filters`: filters that clients have uploaded. An equal filter is stored once a user.
use db::{Read, Result, Write, params};

use crate::UserNum;

/// The filter with this number.
///
/// # Errors
/// Fails if the database fails.
pub async fn find(reader: &impl Read, user: UserNum, filter_id: i64) -> Result<Option<String>> {
    let row = reader
        .query_optional(
            "SELECT definition FROM filters WHERE user_num = $1 AND filter_id = $2",
            params![user, filter_id],
        )
        .await?;
    row.map(|row| row.get(0)).transpose()
}

/// The number of the filter with this hash, if the user has it.
///
/// # Errors
/// Fails if the database fails.
pub async fn find_id(reader: &impl Read, user: UserNum, hash: &[u8; 32]) -> Result<Option<i64>> {
    let row = reader
        .query_optional(
            "SELECT filter_id FROM filters WHERE user_num = $1 AND definition_hash = $2",
            params![user, hash.to_vec()],
        )
        .await?;
    row.map(|row| row.get(0)).transpose()
}

/// Adds a filter under the user's next number. The write is rejected if it exists.
pub fn insert(write: &mut Write, user: UserNum, hash: &[u8; 32], definition: &str) {
    write.execute_expecting(
        "INSERT INTO filters (user_num, filter_id, definition_hash, definition) \
         VALUES ($1, (SELECT COALESCE(MAX(filter_id) + 1, 0) FROM filters WHERE user_num = $1), \
         $2, $3) ON CONFLICT (user_num, definition_hash) DO NOTHING",
        params![user, hash.to_vec(), definition],
        1,
    );
}
