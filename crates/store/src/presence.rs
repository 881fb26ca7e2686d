//! Table `presence`: who is there, as others were told last.
use db::{Read, Result, Row, Value, Write, params};

use crate::UserNum;

/// Whether a user is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// There.
    Online,
    /// There, but not looking.
    Unavailable,
    /// Not there.
    #[default]
    Offline,
}

impl Status {
    /// As the protocol spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Unavailable => "unavailable",
            Self::Offline => "offline",
        }
    }

    /// What is spelt like this.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Online, Self::Unavailable, Self::Offline]
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}

/// What others see of a user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// Whether they are there.
    pub status: Status,
    /// What they say about it.
    pub status_msg: Option<String>,
    /// Whether they have done something just now.
    pub currently_active: bool,
    /// When they did something last (Unix ms).
    pub last_active_ts: i64,
}

/// Sets what others see; `position` is taken in the same write.
pub fn set(write: &mut Write, user: UserNum, shown: &Shown, position: &Value) {
    write.execute(
        "INSERT INTO presence (user_num, status, status_msg, currently_active, last_active_ts, position) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (user_num) DO UPDATE SET \
         status = excluded.status, status_msg = excluded.status_msg, \
         currently_active = excluded.currently_active, last_active_ts = excluded.last_active_ts, \
         position = excluded.position",
        params![
            user,
            shown.status.as_str(),
            shown.status_msg.clone(),
            shown.currently_active,
            shown.last_active_ts,
            position.clone()
        ],
    );
}

/// What others see of a user; `None` for somebody who was never there.
///
/// # Errors
/// Fails if the database fails.
pub async fn find(reader: &impl Read, user: UserNum) -> Result<Option<Shown>> {
    let row = reader
        .query_optional(
            "SELECT user_num, status, status_msg, currently_active, last_active_ts FROM presence \
             WHERE user_num = $1",
            params![user],
        )
        .await?;
    Ok(row.as_ref().map(decode).transpose()?.map(|(_, shown)| shown))
}

/// Those of `users` who are there.
///
/// # Errors
/// Fails if the database fails.
pub async fn there(reader: &impl Read, users: &[UserNum]) -> Result<Vec<(UserNum, Shown)>> {
    let users: Vec<i64> = users.iter().map(|user| user.0).collect();
    let rows = reader
        .query(
            "SELECT user_num, status, status_msg, currently_active, last_active_ts FROM presence \
             WHERE user_num = ANY($1) AND status <> 'offline'",
            params![users],
        )
        .await?;
    rows.iter().map(decode).collect()
}

/// Everybody who is there.
///
/// # Errors
/// Fails if the database fails.
pub async fn all_there(reader: &impl Read) -> Result<Vec<(UserNum, Shown)>> {
    let rows = reader
        .query(
            "SELECT user_num, status, status_msg, currently_active, last_active_ts FROM presence \
             WHERE status <> 'offline'",
            params![],
        )
        .await?;
    rows.iter().map(decode).collect()
}

/// What has changed with `after < position <= until`.
///
/// # Errors
/// Fails if the database fails.
pub async fn changed_between(
    reader: &impl Read,
    after: i64,
    until: i64,
) -> Result<Vec<(UserNum, Shown)>> {
    let rows = reader
        .query(
            "SELECT user_num, status, status_msg, currently_active, last_active_ts FROM presence \
             WHERE position > $1 AND position <= $2 ORDER BY position",
            params![after, until],
        )
        .await?;
    rows.iter().map(decode).collect()
}

fn decode(row: &Row) -> Result<(UserNum, Shown)> {
    let shown = Shown {
        status: Status::parse(row.text(1)?)
            .ok_or_else(|| db::Error::inconsistent("presence.status"))?,
        status_msg: row.get(2)?,
        currently_active: row.get::<i64>(3)? != 0,
        last_active_ts: row.get(4)?,
    };
    Ok((row.get(0)?, shown))
}
