//! Table `access_tokens`: what clients authenticate with.
use db::{Committed, OperationIndex, Read, Result, Row, Write, params};
use protocol::ids::{OwnedUserId, UserId};

use crate::{UserNum, sessions::TokenHash};

/// What an access token stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column")]
pub struct Grant {
    /// The token's number.
    pub token_id: i64,
    /// When it ends (Unix ms); `None`: with its session.
    pub expires_ts: Option<i64>,
    /// The session.
    pub session_id: i64,
    /// At which refresh of the session it was issued.
    pub generation: i64,
    /// Whether the session is kept alive by refresh tokens.
    pub refreshable: bool,
    /// Whether this is the session's newest token and its first use has yet to be noted.
    pub confirms_refresh: bool,
    /// With which device.
    pub device_id: Option<String>,
    /// Who.
    pub user_num: UserNum,
    /// Who, by name.
    pub user_id: OwnedUserId,
    /// Whether they may administrate the server.
    pub admin: bool,
    /// Whether they are a guest.
    pub is_guest: bool,
    /// Whether they can do nothing but end sessions.
    pub locked: bool,
    /// Whether they can read but not act.
    pub suspended: bool,
    /// When the account ends (Unix ms), if it has an end.
    pub account_expires_ts: Option<i64>,
}

/// Adds a token.
pub fn insert(
    write: &mut Write,
    token_id: i64,
    token: &TokenHash,
    session_id: i64,
    generation: i64,
    now_ms: i64,
    expires_ts: Option<i64>,
) {
    write.execute(
        "INSERT INTO access_tokens (token_id, token_hash, session_id, generation, created_ts, \
         expires_ts) VALUES ($1, $2, $3, $4, $5, $6)",
        params![token_id, token.to_vec(), session_id, generation, now_ms, expires_ts],
    );
}

/// What the token with this hash stands for. Nothing if its user has been deactivated.
///
/// # Errors
/// Fails if the database fails.
pub async fn find(reader: &impl Read, token: &TokenHash) -> Result<Option<Grant>> {
    let row = reader
        .query_optional(
            "SELECT access_tokens.token_id, access_tokens.expires_ts, sessions.session_id, \
             CASE WHEN sessions.refresh_hash IS NULL THEN 0 ELSE 1 END, \
             CASE WHEN sessions.previous_refresh_hash IS NOT NULL \
             AND sessions.generation = access_tokens.generation THEN 1 ELSE 0 END, \
             sessions.device_id, users.user_num, users.name, users.admin, users.is_guest, \
             access_tokens.generation, users.locked, users.suspended, account_validity.expires_ts \
             FROM access_tokens \
             JOIN sessions ON sessions.session_id = access_tokens.session_id \
             JOIN users ON users.user_num = sessions.user_num \
             LEFT JOIN account_validity ON account_validity.user_num = users.user_num \
             WHERE access_tokens.token_hash = $1 AND users.deactivated = 0",
            params![token.to_vec()],
        )
        .await?;
    row.as_ref().map(decode).transpose()
}

/// Removes the tokens of a session that were issued before its refresh number `generation`.
/// The operation's rows are read by [`deleted`].
pub fn delete_before(write: &mut Write, session_id: i64, generation: i64) -> OperationIndex {
    write.execute(
        "DELETE FROM access_tokens WHERE session_id = $1 AND generation < $2 RETURNING token_hash",
        params![session_id, generation],
    )
}

/// Removes the tokens of a session that were issued at its refresh number `generation`.
pub fn delete_at(write: &mut Write, session_id: i64, generation: i64) -> OperationIndex {
    write.execute(
        "DELETE FROM access_tokens WHERE session_id = $1 AND generation = $2 RETURNING token_hash",
        params![session_id, generation],
    )
}

/// Removes the tokens of a session. To be added to the write before the session is removed.
pub fn delete_of_session(write: &mut Write, session_id: i64) -> OperationIndex {
    write.execute(
        "DELETE FROM access_tokens WHERE session_id = $1 RETURNING token_hash",
        params![session_id],
    )
}

/// Removes the tokens of a device. To be added to the write before the session is removed.
pub fn delete_of_device(write: &mut Write, user: UserNum, device_id: &str) -> OperationIndex {
    write.execute(
        "DELETE FROM access_tokens WHERE session_id IN \
         (SELECT session_id FROM sessions WHERE user_num = $1 AND device_id = $2) \
         RETURNING token_hash",
        params![user, device_id],
    )
}

/// Removes the tokens of all sessions of a user but the one called `except`. To be added to the write before the
/// sessions are removed.
pub fn delete_of_user(write: &mut Write, user: UserNum, except: Option<i64>) -> OperationIndex {
    write.execute(
        "DELETE FROM access_tokens WHERE session_id IN \
         (SELECT session_id FROM sessions WHERE user_num = $1 AND session_id <> $2) \
         RETURNING token_hash",
        params![user, except.unwrap_or(-1)],
    )
}

/// Removes tokens that ended before `before_ms`.
pub fn delete_expired(write: &mut Write, before_ms: i64) {
    write.execute(
        "DELETE FROM access_tokens WHERE expires_ts IS NOT NULL AND expires_ts < $1",
        params![before_ms],
    );
}

/// The hashes of the tokens that an operation of this module has removed.
///
/// # Errors
/// Fails if a hash is not one.
pub fn deleted(committed: &Committed, operation: OperationIndex) -> Result<Vec<TokenHash>> {
    committed.rows(operation).iter().map(hash).collect()
}

/// The hashes of all tokens of a user.
///
/// # Errors
/// Fails if the database fails.
pub async fn of_user(reader: &impl Read, user: UserNum) -> Result<Vec<TokenHash>> {
    let rows = reader
        .query(
            "SELECT access_tokens.token_hash FROM access_tokens \
             JOIN sessions ON sessions.session_id = access_tokens.session_id \
             WHERE sessions.user_num = $1",
            params![user],
        )
        .await?;
    rows.iter().map(hash).collect()
}

fn hash(row: &Row) -> Result<TokenHash> {
    let bytes = row.get::<Vec<u8>>(0)?;
    bytes.try_into().map_err(|_| db::Error::inconsistent("access_tokens.token_hash"))
}

fn decode(row: &Row) -> Result<Grant> {
    Ok(Grant {
        token_id: row.get(0)?,
        expires_ts: row.get(1)?,
        session_id: row.get(2)?,
        refreshable: row.get::<i64>(3)? != 0,
        confirms_refresh: row.get::<i64>(4)? != 0,
        device_id: row.get(5)?,
        user_num: row.get(6)?,
        user_id: UserId::parse(row.text(7)?).map_err(|_| db::Error::inconsistent("users.name"))?,
        admin: row.get::<i64>(8)? != 0,
        is_guest: row.get::<i64>(9)? != 0,
        generation: row.get(10)?,
        locked: row.get::<i64>(11)? != 0,
        suspended: row.get::<i64>(12)? != 0,
        account_expires_ts: row.get(13)?,
    })
}
