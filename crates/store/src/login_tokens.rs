//! Table `login_tokens`: by which a client logs in once that another client of the user has let in.
use db::{OperationIndex, Read, Result, Write, params};
use protocol::ids::{OwnedUserId, UserId};

use crate::{UserNum, sessions::TokenHash};

/// Adds a token.
pub fn insert(write: &mut Write, token: &TokenHash, user: UserNum, expires_ts: i64) {
    write.execute(
        "INSERT INTO login_tokens (token_hash, user_num, expires_ts) VALUES ($1, $2, $3)",
        params![token.to_vec(), user, expires_ts],
    );
}

/// Whose token it is; nobody's if it has ended at `now_ms`.
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
            "SELECT user_id FROM login_tokens \
             JOIN user_numbers ON user_numbers.user_num = login_tokens.user_num \
             WHERE token_hash = $1 AND expires_ts > $2",
            params![token.to_vec(), now_ms],
        )
        .await?;
    row.map(|row| {
        UserId::parse(row.text(0)?).map_err(|_| db::Error::inconsistent("user_numbers.user_id"))
    })
    .transpose()
}

/// Uses a token up; the write is rejected if there is none, as when somebody else was quicker.
pub fn consume(write: &mut Write, token: &TokenHash) -> OperationIndex {
    write.execute_expecting(
        "DELETE FROM login_tokens WHERE token_hash = $1",
        params![token.to_vec()],
        1,
    )
}

/// Removes the tokens of a user.
pub fn delete_of_user(write: &mut Write, user: UserNum) {
    write.execute("DELETE FROM login_tokens WHERE user_num = $1", params![user]);
}

/// Removes what ended before `before` (Unix ms).
pub fn delete_expired(write: &mut Write, before: i64) {
    write.execute("DELETE FROM login_tokens WHERE expires_ts < $1", params![before]);
}
