//! Table `sessions`: logins, and the refresh tokens that keep them alive.
use db::{OperationIndex, Read, Result, Row, Write, params};

use crate::UserNum;

/// SHA-256 of a token.
pub type TokenHash = [u8; 32];

/// A login.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// Its number: random, never given twice.
    pub session_id: i64,
    /// Whose login.
    pub user_num: UserNum,
    /// With which device; `None` for a session that no client holds.
    pub device_id: Option<String>,
    /// When the refresh token was issued that is valid now (Unix ms); the time of the login at first.
    pub refreshed_ts: i64,
    /// How often the session was refreshed.
    pub generation: i64,
    /// The refresh token that is valid now.
    pub refresh_hash: Option<Vec<u8>>,
    /// The one before it, until its successor is used.
    pub previous_refresh_hash: Option<Vec<u8>>,
}

/// The refresh tokens of a new session.
#[derive(Clone, Copy, Debug)]
pub struct FirstRefresh {
    /// The hash of what all its refresh tokens share.
    pub family: TokenHash,
    /// The hash of the first one.
    pub token: TokenHash,
}

/// Adds a session; the write is rejected if its user is not active.
pub fn insert(
    write: &mut Write,
    session_id: i64,
    user: UserNum,
    device_id: Option<&str>,
    refresh: Option<FirstRefresh>,
    now_ms: i64,
) {
    write.execute_expecting(
        "INSERT INTO sessions (session_id, user_num, device_id, created_ts, refresh_family_hash, \
         refresh_hash, refreshed_ts) SELECT CAST($1 AS BIGINT), user_num, $3, CAST($4 AS BIGINT), \
         $5, $6, CAST($4 AS BIGINT) FROM users WHERE user_num = $2 AND deactivated = 0",
        params![
            session_id,
            user,
            device_id,
            now_ms,
            refresh.map(|refresh| refresh.family.to_vec()),
            refresh.map(|refresh| refresh.token.to_vec())
        ],
        1,
    );
}

/// The session whose refresh tokens share the part with this hash.
///
/// # Errors
/// Fails if the database fails.
pub async fn find_family(reader: &impl Read, family: &TokenHash) -> Result<Option<SessionRow>> {
    let row = reader
        .query_optional(
            "SELECT session_id, user_num, device_id, refreshed_ts, generation, refresh_hash, \
             previous_refresh_hash FROM sessions WHERE refresh_family_hash = $1",
            params![family.to_vec()],
        )
        .await?;
    row.as_ref().map(decode).transpose()
}

/// Puts `next` in the place of the refresh token `used`, which is the valid one; the write is rejected if it is not.
pub fn rotate(write: &mut Write, session_id: i64, used: &TokenHash, next: &TokenHash, now_ms: i64) {
    write.execute_expecting(
        "UPDATE sessions SET refresh_hash = $3, previous_refresh_hash = $2, refreshed_ts = $4, \
         generation = generation + 1 WHERE session_id = $1 AND refresh_hash = $2",
        params![session_id, used.to_vec(), next.to_vec(), now_ms],
        1,
    );
}

/// Puts `next` in the place of the unused successor of `used`; the write is rejected once the successor was used.
pub fn rotate_again(
    write: &mut Write,
    session_id: i64,
    used: &TokenHash,
    next: &TokenHash,
    now_ms: i64,
) {
    write.execute_expecting(
        "UPDATE sessions SET refresh_hash = $3, refreshed_ts = $4 \
         WHERE session_id = $1 AND previous_refresh_hash = $2",
        params![session_id, used.to_vec(), next.to_vec(), now_ms],
        1,
    );
}

/// Notes that the newest token of the session was used: the refresh token before it is worth nothing from now on.
/// The write is rejected if the access token with this hash has been taken back meanwhile.
pub fn successor_used(write: &mut Write, session_id: i64, token: &TokenHash) {
    write.execute_expecting(
        "UPDATE sessions SET previous_refresh_hash = NULL WHERE session_id = $1 \
         AND EXISTS (SELECT 1 FROM access_tokens WHERE token_hash = $2)",
        params![session_id, token.to_vec()],
        1,
    );
}

/// Removes a session.
pub fn delete(write: &mut Write, session_id: i64) -> OperationIndex {
    write.execute("DELETE FROM sessions WHERE session_id = $1", params![session_id])
}

/// Removes the session of a device.
pub fn delete_of_device(write: &mut Write, user: UserNum, device_id: &str) {
    write.execute(
        "DELETE FROM sessions WHERE user_num = $1 AND device_id = $2",
        params![user, device_id],
    );
}

/// Removes all sessions of a user but the one called `except`.
pub fn delete_of_user(write: &mut Write, user: UserNum, except: Option<i64>) {
    write.execute(
        "DELETE FROM sessions WHERE user_num = $1 AND session_id <> $2",
        params![user, except.unwrap_or(-1)],
    );
}

fn decode(row: &Row) -> Result<SessionRow> {
    Ok(SessionRow {
        session_id: row.get(0)?,
        user_num: row.get(1)?,
        device_id: row.get(2)?,
        refreshed_ts: row.get(3)?,
        generation: row.get(4)?,
        refresh_hash: row.get(5)?,
        previous_refresh_hash: row.get(6)?,
    })
}
