//! Table `openid_tokens`: by which other services learn who somebody is.
use db::{Read, Result, Write, params};
use protocol::ids::{OwnedUserId, UserId};

use crate::{UserNum, sessions::TokenHash};

/// Adds a token.
pub fn insert(write: &mut Write, token: &TokenHash, user: UserNum, expires_ts: i64) {
    write.execute(
        "INSERT INTO openid_tokens (token_hash, user_num, expires_ts) VALUES ($1, $2, $3)",
        params![token.to_vec(), user, expires_ts],
    );
}

/// Whose token it is; nobody's if it has ended at `now_ms`, or the user can do nothing any more.
///
/// # Errors
/// Fails if the database fails.
pub async fn find(
    reader: &impl Read,
    token: &TokenHash,
    now_ms: i64,
) -> Result<Option<OwnedUserId>> {
    let row = reader
        .query_optional(
            "SELECT users.name FROM openid_tokens \
             JOIN users ON users.user_num = openid_tokens.user_num \
             WHERE token_hash = $1 AND expires_ts > $2 AND users.deactivated = 0",
            params![token.to_vec(), now_ms],
        )
        .await?;
    row.map(|row| UserId::parse(row.text(0)?).map_err(|_| db::Error::inconsistent("users.name")))
        .transpose()
}

/// Removes what ended before `before` (Unix ms).
pub fn delete_expired(write: &mut Write, before: i64) {
    write.execute("DELETE FROM openid_tokens WHERE expires_ts < $1", params![before]);
}
