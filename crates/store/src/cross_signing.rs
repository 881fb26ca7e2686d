//! Table `cross_signing_keys`: each user's master, self-signing and user-signing key.
use db::{OperationIndex, Read, Result, Row, Write, params};

use crate::UserNum;

/// One cross-signing key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CrossSigningKey {
    /// Whose key.
    pub user: UserNum,
    /// `master`, `self_signing` or `user_signing`.
    pub usage: String,
    /// The public key in unpadded base64.
    pub public_key: String,
    /// The object as it was uploaded, as canonical JSON.
    pub content: String,
}

/// The keys of `users`.
///
/// # Errors
/// Fails if the database fails.
pub async fn of_users(reader: &impl Read, users: &[UserNum]) -> Result<Vec<CrossSigningKey>> {
    let numbers: Vec<i64> = users.iter().map(|user| user.0).collect();
    let rows = reader
        .query(
            "SELECT user_num, usage, public_key, content FROM cross_signing_keys \
             WHERE user_num = ANY($1) ORDER BY user_num, usage",
            params![numbers],
        )
        .await?;
    rows.iter().map(from_row).collect()
}

/// Adds a key. The write is rejected if the user has one of that usage.
pub fn insert(write: &mut Write, key: &CrossSigningKey, now_ms: i64) -> OperationIndex {
    write.execute(
        "INSERT INTO cross_signing_keys (user_num, usage, public_key, content, uploaded_at) \
         VALUES ($1, $2, $3, $4, $5)",
        params![
            key.user,
            key.usage.as_str(),
            key.public_key.as_str(),
            key.content.as_str(),
            now_ms
        ],
    )
}

/// Forgets a key; [`insert`] replaces it in the same write. The write is rejected if the key is not stored any more.
pub fn delete(write: &mut Write, key: &CrossSigningKey) -> OperationIndex {
    write.execute_expecting(
        "DELETE FROM cross_signing_keys WHERE user_num = $1 AND usage = $2 AND public_key = $3",
        params![key.user, key.usage.as_str(), key.public_key.as_str()],
        1,
    )
}

fn from_row(row: &Row) -> Result<CrossSigningKey> {
    Ok(CrossSigningKey {
        user: row.get(0)?,
        usage: row.get(1)?,
        public_key: row.get(2)?,
        content: row.get(3)?,
    })
}
