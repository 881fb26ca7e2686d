//! Table `account_validity`: until when accounts are valid.
use db::{OperationIndex, Read, Result, Row, Write, params};
use protocol::ids::{OwnedUserId, UserId};

use crate::{UserNum, sessions::TokenHash, users::is_person};

/// The users behind `after` whose accounts should end and have no end yet, in order of their numbers, at most `limit`. Administrators,
/// guests, and programs (by their type) are not among them.
///
/// # Errors
/// Fails if the database fails.
pub async fn without_end(reader: &impl Read, after: UserNum, limit: i64) -> Result<Vec<UserNum>> {
    let rows = reader
        .query(
            concat!(
                "SELECT users.user_num FROM users \
                 LEFT JOIN account_validity ON account_validity.user_num = users.user_num \
                 WHERE account_validity.user_num IS NULL AND users.deactivated = 0 \
                 AND users.is_guest = 0 AND users.admin = 0 AND ",
                is_person!(),
                " AND users.user_num > $1 ORDER BY users.user_num LIMIT $2"
            ),
            params![after, limit],
        )
        .await?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// Lets a user's account end at `expires_ts`, unless it has an end already.
pub fn begin(write: &mut Write, user: UserNum, expires_ts: i64) -> OperationIndex {
    write.execute(
        "INSERT INTO account_validity (user_num, expires_ts) VALUES ($1, $2) \
         ON CONFLICT (user_num) DO NOTHING",
        params![user, expires_ts],
    )
}

/// When a user's account ends (Unix ms); `None` if it does not.
///
/// # Errors
/// Fails if the database fails.
pub async fn expiry(reader: &impl Read, user: UserNum) -> Result<Option<i64>> {
    let sql = "SELECT expires_ts FROM account_validity WHERE user_num = $1";
    reader.query_optional(sql, params![user]).await?.map(|row| row.get(0)).transpose()
}

/// Whether a user's account has ended by `now_ms`. Those of administrators do not.
///
/// # Errors
/// Fails if the database fails.
pub async fn is_over(reader: &impl Read, user: UserNum, now_ms: i64) -> Result<bool> {
    let sql = "SELECT 1 FROM account_validity JOIN users ON users.user_num = account_validity.user_num \
               WHERE account_validity.user_num = $1 AND account_validity.expires_ts <= $2 \
               AND users.admin = 0";
    Ok(reader.query_optional(sql, params![user, now_ms]).await?.is_some())
}

/// A user whose account ends soon, or has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The user.
    pub user: UserNum,
    /// By name.
    pub user_id: OwnedUserId,
    /// When it ends (Unix ms).
    pub expires_ts: i64,
}

/// The users behind `after` with an e-mail address whose accounts end from `since` to `until` (Unix ms) and who are to get a mail about
/// it: nobody has begun to send it after `retried_ts` (Unix ms). At most `limit`, in order of their numbers.
///
/// # Errors
/// Fails if the database fails.
pub async fn to_mail(
    reader: &impl Read,
    (since, until, retried_ts): (i64, i64, i64),
    after: UserNum,
    limit: i64,
) -> Result<Vec<Ending>> {
    let rows = reader
        .query(
            "SELECT users.user_num, users.name, account_validity.expires_ts FROM account_validity \
             JOIN users ON users.user_num = account_validity.user_num \
             WHERE account_validity.is_mailed = 0 AND account_validity.expires_ts <= $1 \
             AND account_validity.expires_ts >= $5 \
             AND (account_validity.claimed_ts IS NULL OR account_validity.claimed_ts <= $2) \
             AND users.deactivated = 0 AND users.admin = 0 AND users.user_num > $3 \
             AND EXISTS (SELECT 1 FROM user_threepids \
             WHERE user_threepids.user_id = users.name AND user_threepids.medium = 'email') \
             ORDER BY users.user_num LIMIT $4",
            params![until, retried_ts, after, limit, since],
        )
        .await?;
    let ending = |row: &Row| {
        let user_id = UserId::parse(row.text(1)?);
        let user_id = user_id.map_err(|_| db::Error::inconsistent("users.name"))?;
        Ok(Ending { user: row.get(0)?, user_id, expires_ts: row.get(2)? })
    };
    rows.iter().map(ending).collect()
}

/// Notes that the mail to a user begins to be sent at `now_ms`, with this token in its link; the write is rejected if somebody else has
/// begun after `retried_ts`, or has sent it.
pub fn claim(
    write: &mut Write,
    user: UserNum,
    token: &TokenHash,
    (now_ms, retried_ts): (i64, i64),
) -> OperationIndex {
    write.execute_expecting(
        "UPDATE account_validity SET token_hash = $2, claimed_ts = $3 WHERE user_num = $1 \
         AND is_mailed = 0 AND (claimed_ts IS NULL OR claimed_ts <= $4)",
        params![user, token.to_vec(), now_ms, retried_ts],
        1,
    )
}

/// Notes that the mail with this token was sent, or never can be.
pub fn set_mailed(write: &mut Write, token: &TokenHash) {
    write.execute(
        "UPDATE account_validity SET is_mailed = 1 WHERE token_hash = $1",
        params![token.to_vec()],
    );
}

/// Notes a mail that the user has asked for at `now_ms`: it takes the place of an earlier one. The write is rejected if the account has no
/// end.
pub fn set_token(write: &mut Write, user: UserNum, token: &TokenHash, now_ms: i64) {
    write.execute_expecting(
        "UPDATE account_validity SET token_hash = $2, claimed_ts = $3 WHERE user_num = $1",
        params![user, token.to_vec(), now_ms],
        1,
    );
}

/// Whose account a token renews.
///
/// # Errors
/// Fails if the database fails.
pub async fn find_by_token(reader: &impl Read, token: &TokenHash) -> Result<Option<UserNum>> {
    let sql = "SELECT user_num FROM account_validity WHERE token_hash = $1";
    let row = reader.query_optional(sql, params![token.to_vec()]).await?;
    row.map(|row| row.get(0)).transpose()
}

/// Uses a token up; the write is rejected if it was used meanwhile.
pub fn consume(write: &mut Write, token: &TokenHash) -> OperationIndex {
    write.execute_expecting(
        "UPDATE account_validity SET token_hash = NULL WHERE token_hash = $1",
        params![token.to_vec()],
        1,
    )
}

/// Lets a user's account end at `expires_ts`, whenever it would have ended, with a mail of its own.
pub fn renew(write: &mut Write, user: UserNum, expires_ts: i64) {
    write.execute(
        "INSERT INTO account_validity (user_num, expires_ts) VALUES ($1, $2) \
         ON CONFLICT (user_num) DO UPDATE SET expires_ts = excluded.expires_ts, \
         token_hash = NULL, claimed_ts = NULL, is_mailed = 0",
        params![user, expires_ts],
    );
}

/// Forgets the end of a user's account.
pub fn delete(write: &mut Write, user: UserNum) {
    write.execute("DELETE FROM account_validity WHERE user_num = $1", params![user]);
}
