//! Table `registration_tokens`: invitations to make an account.
use db::{OperationIndex, Read, Result, Row, Write, params};

/// A token that lets somebody make an account.
#[derive(Clone, PartialEq, Eq)]
pub struct RegistrationTokenRow {
    /// The token.
    pub token: String,
    /// For how many accounts; `None`: any number.
    pub uses_allowed: Option<i64>,
    /// How many were made.
    pub completed: i64,
    /// When it ends (Unix ms); `None`: never.
    pub expiry_ts: Option<i64>,
}

impl std::fmt::Debug for RegistrationTokenRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RegistrationTokenRow")
            .field("uses_allowed", &self.uses_allowed)
            .field("completed", &self.completed)
            .field("expiry_ts", &self.expiry_ts)
            .finish_non_exhaustive()
    }
}

/// Adds a token; the write is rejected if it exists.
pub fn insert(write: &mut Write, row: &RegistrationTokenRow, now_ms: i64) -> OperationIndex {
    write.execute_expecting(
        "INSERT INTO registration_tokens (token, uses_allowed, completed, expiry_ts, created_ts) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (token) DO NOTHING",
        params![row.token.as_str(), row.uses_allowed, row.completed, row.expiry_ts, now_ms],
        1,
    )
}

/// All tokens, in order.
///
/// # Errors
/// Fails if the database fails.
pub async fn list(reader: &impl Read) -> Result<Vec<RegistrationTokenRow>> {
    let rows = reader
        .query(
            "SELECT token, uses_allowed, completed, expiry_ts FROM registration_tokens \
             ORDER BY token",
            params![],
        )
        .await?;
    rows.iter().map(decode).collect()
}

/// The token, if an account can be made with it at `now_ms`.
///
/// # Errors
/// Fails if the database fails.
pub async fn find_valid(
    reader: &impl Read,
    token: &str,
    now_ms: i64,
) -> Result<Option<RegistrationTokenRow>> {
    let row = reader
        .query_optional(
            "SELECT token, uses_allowed, completed, expiry_ts FROM registration_tokens \
             WHERE token = $1 AND (uses_allowed IS NULL OR completed < uses_allowed) \
             AND (expiry_ts IS NULL OR expiry_ts > $2)",
            params![token, now_ms],
        )
        .await?;
    row.as_ref().map(decode).transpose()
}

/// Counts an account made with the token; the write is rejected if the token is not valid at `now_ms`.
pub fn complete(write: &mut Write, token: &str, now_ms: i64) -> OperationIndex {
    write.execute_expecting(
        "UPDATE registration_tokens SET completed = completed + 1 \
         WHERE token = $1 AND (uses_allowed IS NULL OR completed < uses_allowed) \
         AND (expiry_ts IS NULL OR expiry_ts > $2)",
        params![token, now_ms],
        1,
    )
}

/// Removes a token. The operation affects no row if there is none.
pub fn delete(write: &mut Write, token: &str) -> OperationIndex {
    write.execute("DELETE FROM registration_tokens WHERE token = $1", params![token])
}

fn decode(row: &Row) -> Result<RegistrationTokenRow> {
    Ok(RegistrationTokenRow {
        token: row.get(0)?,
        uses_allowed: row.get(1)?,
        completed: row.get(2)?,
        expiry_ts: row.get(3)?,
    })
}
