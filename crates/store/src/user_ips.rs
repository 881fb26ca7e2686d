//! Table `user_ips`: from where each session was used.
use db::{Read, Result, Write, params};
use protocol::ids::UserId;

/// A use of a session from one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UseRow {
    /// The device, if the session has one.
    pub device_id: Option<String>,
    /// The address.
    pub ip: String,
    /// What the client calls itself.
    pub user_agent: String,
    /// When it was used from there last (Unix ms), to within a few minutes.
    pub last_seen: i64,
}

/// Notes a use of the access token with this id.
pub fn upsert(write: &mut Write, user_id: &UserId, token_id: i64, seen: &UseRow) {
    write.execute(
        "INSERT INTO user_ips (user_id, access_token, device_id, ip, user_agent, last_seen) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (user_id, access_token, ip) DO UPDATE SET \
         user_agent = excluded.user_agent, device_id = excluded.device_id, \
         last_seen = excluded.last_seen",
        params![
            user_id.as_str(),
            token_id.to_string(),
            seen.device_id.clone(),
            seen.ip.as_str(),
            seen.user_agent.as_str(),
            seen.last_seen
        ],
    );
}

/// From where a user was seen, the latest first.
///
/// # Errors
/// Fails if the database fails.
pub async fn of_user(reader: &impl Read, user_id: &UserId) -> Result<Vec<UseRow>> {
    let rows = reader
        .query(
            "SELECT device_id, ip, user_agent, last_seen FROM user_ips WHERE user_id = $1 \
             ORDER BY last_seen DESC, ip",
            params![user_id.as_str()],
        )
        .await?;
    rows.iter()
        .map(|row| {
            Ok(UseRow {
                device_id: row.get(0)?,
                ip: row.get(1)?,
                user_agent: row.get(2)?,
                last_seen: row.get(3)?,
            })
        })
        .collect()
}

/// Forgets uses before `before_ms`.
pub fn delete_before(write: &mut Write, before_ms: i64) {
    write.execute("DELETE FROM user_ips WHERE last_seen < $1", params![before_ms]);
}
