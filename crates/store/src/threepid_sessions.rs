//! Table `threepid_sessions`: proofs under way that somebody reads what is sent to an address.
use db::{OperationIndex, Read, Result, Row, Write, params};
use protocol::Threepid;

use crate::sessions::TokenHash;

/// A proof under way.
#[derive(Clone, PartialEq, Eq)]
pub struct ThreepidSessionRow {
    /// Its name.
    pub session_id: String,
    /// The hash of the secret of the client that has asked.
    pub secret_hash: TokenHash,
    /// What it is for.
    pub purpose: String,
    /// The address.
    pub threepid: Threepid,
    /// The hash of what was sent there.
    pub token_hash: TokenHash,
    /// How often a token may still be given.
    pub attempts_left: i64,
    /// The number that the client has given to the last message.
    pub send_attempt: i64,
    /// Where the browser goes afterwards.
    pub next_link: Option<String>,
    /// When it ends (Unix ms).
    pub expires_ts: i64,
    /// When the token was given (Unix ms).
    pub validated_ts: Option<i64>,
}

impl std::fmt::Debug for ThreepidSessionRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ThreepidSessionRow")
            .field("session_id", &self.session_id)
            .field("purpose", &self.purpose)
            .field("validated_ts", &self.validated_ts)
            .finish_non_exhaustive()
    }
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT session_id, secret_hash, purpose, medium, address, token_hash, attempts_left, \
             send_attempt, next_link, expires_ts, validated_ts FROM threepid_sessions ",
            $rest
        )
    };
}

/// Adds a session; the write is rejected if the client has one for the same address and purpose.
pub fn insert(write: &mut Write, row: &ThreepidSessionRow) -> OperationIndex {
    write.execute_expecting(
        "INSERT INTO threepid_sessions (session_id, secret_hash, purpose, medium, address, token_hash, \
         attempts_left, send_attempt, next_link, expires_ts, validated_ts) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         ON CONFLICT (secret_hash, purpose, medium, address) DO NOTHING",
        params![
            row.session_id.as_str(),
            row.secret_hash.to_vec(),
            row.purpose.as_str(),
            row.threepid.medium().as_str(),
            row.threepid.address(),
            row.token_hash.to_vec(),
            row.attempts_left,
            row.send_attempt,
            row.next_link.clone(),
            row.expires_ts,
            row.validated_ts
        ],
        1,
    )
}

/// The session of this name.
///
/// # Errors
/// Fails if the database fails.
pub async fn find(reader: &impl Read, session_id: &str) -> Result<Option<ThreepidSessionRow>> {
    let sql = select!("WHERE session_id = $1");
    let row = reader.query_optional(sql, params![session_id]).await?;
    row.as_ref().map(decode).transpose()
}

/// The session that a client has for an address and purpose.
///
/// # Errors
/// Fails if the database fails.
pub async fn find_of_client(
    reader: &impl Read,
    secret_hash: &TokenHash,
    purpose: &str,
    threepid: &Threepid,
) -> Result<Option<ThreepidSessionRow>> {
    let sql = select!("WHERE secret_hash = $1 AND purpose = $2 AND medium = $3 AND address = $4");
    let params =
        params![secret_hash.to_vec(), purpose, threepid.medium().as_str(), threepid.address()];
    let row = reader.query_optional(sql, params).await?;
    row.as_ref().map(decode).transpose()
}

/// Notes that another message was sent: its token takes the place of the one before, and the session lasts longer. The tries
/// are not given back.
pub fn resend(write: &mut Write, row: &ThreepidSessionRow) {
    write.execute_expecting(
        "UPDATE threepid_sessions SET token_hash = $2, send_attempt = $3, next_link = $4, expires_ts = $5 \
         WHERE session_id = $1 AND validated_ts IS NULL",
        params![
            row.session_id.as_str(),
            row.token_hash.to_vec(),
            row.send_attempt,
            row.next_link.clone(),
            row.expires_ts
        ],
        1,
    );
}

/// Takes one of the tries; the write is rejected if there is none left at `now_ms`, or no session.
pub fn take_attempt(write: &mut Write, session_id: &str, now_ms: i64) -> OperationIndex {
    write.execute_expecting(
        "UPDATE threepid_sessions SET attempts_left = attempts_left - 1 \
         WHERE session_id = $1 AND attempts_left > 0 AND expires_ts > $2",
        params![session_id, now_ms],
        1,
    )
}

/// Notes that the token `token_hash` was given at `now_ms`, unless one was given before; the session lasts until
/// `expires_ts` from then on.
pub fn validate(
    write: &mut Write,
    session_id: &str,
    token_hash: &TokenHash,
    now_ms: i64,
    expires_ts: i64,
) -> OperationIndex {
    write.execute(
        "UPDATE threepid_sessions SET validated_ts = $3, expires_ts = $4 \
         WHERE session_id = $1 AND token_hash = $2 AND validated_ts IS NULL AND expires_ts > $3",
        params![session_id, token_hash.to_vec(), now_ms, expires_ts],
    )
}

/// Uses a proof up; the write is rejected if there is none at `now_ms`, as when somebody else was quicker.
pub fn consume(write: &mut Write, session_id: &str, purpose: &str, now_ms: i64) -> OperationIndex {
    write.execute_expecting(
        "DELETE FROM threepid_sessions WHERE session_id = $1 AND purpose = $2 \
         AND validated_ts IS NOT NULL AND expires_ts > $3",
        params![session_id, purpose, now_ms],
        1,
    )
}

/// Removes what is under way for an address: it belongs to somebody now, or no longer.
pub fn delete_of_address(write: &mut Write, threepid: &Threepid) {
    write.execute(
        "DELETE FROM threepid_sessions WHERE medium = $1 AND address = $2",
        params![threepid.medium().as_str(), threepid.address()],
    );
}

/// Removes a session.
pub fn delete(write: &mut Write, session_id: &str) {
    write.execute("DELETE FROM threepid_sessions WHERE session_id = $1", params![session_id]);
}

/// Removes what has ended at `now_ms`.
pub fn delete_expired(write: &mut Write, now_ms: i64) {
    write.execute("DELETE FROM threepid_sessions WHERE expires_ts <= $1", params![now_ms]);
}

fn decode(row: &Row) -> Result<ThreepidSessionRow> {
    let hash = |column: usize| {
        let bytes = row.blob(column)?;
        TokenHash::try_from(bytes)
            .map_err(|_| db::Error::inconsistent("a hash in threepid_sessions"))
    };
    let threepid = Threepid::parse(row.text(3)?, row.text(4)?);
    Ok(ThreepidSessionRow {
        session_id: row.get(0)?,
        secret_hash: hash(1)?,
        purpose: row.get(2)?,
        threepid: threepid.map_err(|_| db::Error::inconsistent("threepid_sessions.address"))?,
        token_hash: hash(5)?,
        attempts_left: row.get(6)?,
        send_attempt: row.get(7)?,
        next_link: row.get(8)?,
        expires_ts: row.get(9)?,
        validated_ts: row.get(10)?,
    })
}
