//! Table `profile_fields`: what users show of themselves.
use db::{OperationIndex, Read, Result, Row, Value, Write, params};

use crate::UserNum;

/// A field of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileField {
    /// Its name.
    pub field: String,
    /// Its value, as JSON.
    pub value: String,
}

/// A field of somebody's profile, as it was changed last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileChange {
    /// Whose profile.
    pub user_num: UserNum,
    /// Which field.
    pub field: String,
    /// Its value now, as JSON; `None` if it was removed.
    pub value: Option<String>,
    /// Where in the change stream.
    pub position: i64,
}

/// A user's profile, in order of field name.
///
/// # Errors
/// Fails if the database fails.
pub async fn of_user(reader: &impl Read, user: UserNum) -> Result<Vec<ProfileField>> {
    let rows = reader
        .query(
            "SELECT field, value FROM profile_fields WHERE user_num = $1 AND value IS NOT NULL \
             ORDER BY field",
            params![user],
        )
        .await?;
    rows.iter().map(|row| Ok(ProfileField { field: row.get(0)?, value: row.get(1)? })).collect()
}

/// The profiles of many users, of each the fields named, or all of them: also those that were removed, without a value.
///
/// # Errors
/// Fails if the database fails.
pub async fn of_users(
    reader: &impl Read,
    users: &[UserNum],
    fields: Option<&[String]>,
) -> Result<Vec<ProfileChange>> {
    const ALL: &str = "SELECT user_num, field, value, position FROM profile_fields \
                       WHERE user_num = ANY($1)";
    const NAMED: &str = "SELECT user_num, field, value, position FROM profile_fields \
                         WHERE user_num = ANY($1) AND field = ANY($2)";
    let numbers: Vec<i64> = users.iter().map(|user| user.0).collect();
    let rows = match fields {
        None => reader.query(ALL, params![numbers]).await?,
        Some(fields) => reader.query(NAMED, params![numbers, fields.to_vec()]).await?,
    };
    rows.iter().map(change).collect()
}

/// The users of whose profiles a field was changed with `after < position <= until`: one of those named, or any.
///
/// # Errors
/// Fails if the database fails.
pub async fn changed_users(
    reader: &impl Read,
    fields: Option<&[String]>,
    after: i64,
    until: i64,
) -> Result<Vec<UserNum>> {
    const ALL: &str = "SELECT DISTINCT user_num FROM profile_fields \
                       WHERE position > $1 AND position <= $2";
    const NAMED: &str = "SELECT DISTINCT user_num FROM profile_fields \
                         WHERE position > $1 AND position <= $2 AND field = ANY($3)";
    let rows = match fields {
        None => reader.query(ALL, params![after, until]).await?,
        Some(fields) => reader.query(NAMED, params![after, until, fields.to_vec()]).await?,
    };
    rows.iter().map(|row| row.get(0)).collect()
}

fn change(row: &Row) -> Result<ProfileChange> {
    Ok(ProfileChange {
        user_num: row.get(0)?,
        field: row.get(1)?,
        value: row.get(2)?,
        position: row.get(3)?,
    })
}

/// Sets a field, or removes it if `value` is `None`.
pub fn set(
    write: &mut Write,
    user: UserNum,
    field: &str,
    value: Option<&str>,
    position: &Value,
) -> OperationIndex {
    write.execute(
        "INSERT INTO profile_fields (user_num, field, value, position) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (user_num, field) DO UPDATE SET value = excluded.value, \
         position = excluded.position",
        params![user, field, value, position.clone()],
    )
}

/// Removes all fields of a user.
pub fn clear(write: &mut Write, user: UserNum, position: &Value) {
    write.execute(
        "UPDATE profile_fields SET value = NULL, position = $2 \
         WHERE user_num = $1 AND value IS NOT NULL",
        params![user, position.clone()],
    );
}

/// Rejects the write if the user's profile has grown beyond `bytes_max` bytes of names and values.
pub fn expect_at_most(write: &mut Write, user: UserNum, bytes_max: i64) {
    write.execute_expecting(
        "UPDATE profile_fields SET field = field WHERE user_num = $1 AND \
         (SELECT SUM(OCTET_LENGTH(field) + OCTET_LENGTH(value)) FROM profile_fields WHERE user_num = $1 \
         AND value IS NOT NULL) > $2",
        params![user, bytes_max],
        0,
    );
}
