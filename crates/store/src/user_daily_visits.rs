//! Table `user_daily_visits`: which user was there on which day.
use db::{Read, Result, Write, params};
use protocol::ids::UserId;

const DAY_MS: i64 = 86_400_000;

/// Notes that a user was there on the day of `now_ms`, in UTC.
pub fn insert(write: &mut Write, user_id: &UserId, device_id: &str, now_ms: i64, user_agent: &str) {
    write.execute(
        "INSERT INTO user_daily_visits (user_id, device_id, timestamp, user_agent) \
         VALUES ($1, $2, $3, $4) ON CONFLICT (user_id, timestamp, device_id) DO NOTHING",
        params![user_id.as_str(), device_id, now_ms - now_ms.rem_euclid(DAY_MS), user_agent],
    );
}

/// How many users were there at or after `since_ms`.
///
/// # Errors
/// Fails if the database fails.
pub async fn count_users_since(reader: &impl Read, since_ms: i64) -> Result<i64> {
    let row = reader
        .query_optional(
            "SELECT COUNT(DISTINCT user_id) FROM user_daily_visits WHERE timestamp >= $1",
            params![since_ms],
        )
        .await?;
    row.map_or(Ok(0), |row| row.get(0))
}
