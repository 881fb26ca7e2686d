//! Table `users`: the users of this server.
use db::{OperationIndex, Read, Result, Row, Write, params};
use protocol::ids::{OwnedUserId, UserId};

use crate::{RoomNum, UserNum};

/// The types of users who are no persons: they need not agree to anything, and their accounts do not end.
pub const PROGRAM_TYPES: [&str; 3] = ["bot", "support", "server_notices"];

/// The condition that a row of `users` has none of [`PROGRAM_TYPES`].
macro_rules! is_person {
    () => {
        "(users.user_type IS NULL OR users.user_type NOT IN ('bot', 'support', 'server_notices'))"
    };
}

/// To how many of the policy documents in a parameter (document, a space, version) the user of a row of `users` has agreed.
macro_rules! agreed_count {
    ($names:literal) => {
        concat!(
            "(SELECT COUNT(*) FROM accepted_policies WHERE accepted_policies.user_num = users.user_num \
             AND accepted_policies.policy_id || ' ' || accepted_policies.version = ANY(",
            $names,
            "))"
        )
    };
}

pub(crate) use {agreed_count, is_person};

/// A user of this server.
#[derive(Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column")]
pub struct UserRow {
    /// The whole user id.
    pub name: OwnedUserId,
    /// The number that other tables know the user by.
    pub user_num: UserNum,
    /// `bot`, `support` or another word of the administrator; `None` for people.
    pub user_type: Option<String>,
    /// How a password is checked; `None` if the user has none.
    pub password_hash: Option<String>,
    /// When the account was made, in Unix *seconds*.
    pub creation_ts: i64,
    /// Whether the user may administrate the server.
    pub admin: bool,
    /// Whether the account is a guest's.
    pub is_guest: bool,
    /// Whether the account was closed for good.
    pub deactivated: bool,
    /// Whether the user asked to be forgotten.
    pub erased: bool,
    /// Whether the user can do nothing but end sessions, until an administrator unlocks the account.
    pub locked: bool,
    /// Whether the user can read but not act, until an administrator ends it.
    pub suspended: bool,
    /// Whether what the user does reaches nobody, without their being told.
    pub shadow_banned: bool,
}

impl std::fmt::Debug for UserRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserRow")
            .field("name", &self.name)
            .field("user_num", &self.user_num)
            .field("deactivated", &self.deactivated)
            .finish_non_exhaustive()
    }
}

/// Adds a user; the write is rejected if the name is taken.
pub fn insert(write: &mut Write, user: &UserRow) -> OperationIndex {
    write.execute_expecting(
        "INSERT INTO users (name, user_num, user_type, password_hash, creation_ts, admin, is_guest, \
         deactivated, erased) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) \
         ON CONFLICT (name) DO NOTHING",
        params![
            user.name.as_str(),
            user.user_num,
            user.user_type.clone(),
            user.password_hash.clone(),
            user.creation_ts,
            user.admin,
            user.is_guest,
            user.deactivated,
            user.erased
        ],
        1,
    )
}

/// The user with this name.
///
/// # Errors
/// Fails if the database fails.
pub async fn find(reader: &impl Read, name: &UserId) -> Result<Option<UserRow>> {
    let row = reader
        .query_optional(
            "SELECT name, user_num, user_type, password_hash, creation_ts, admin, is_guest, \
             deactivated, erased, locked, suspended, shadow_banned FROM users WHERE name = $1",
            params![name.as_str()],
        )
        .await?;
    row.as_ref().map(decode).transpose()
}

/// The users whose name is behind `after` and contains `part`, in order of name, at most `limit`.
///
/// # Errors
/// Fails if the database fails.
pub async fn list(
    reader: &impl Read,
    after: &str,
    part: &str,
    deactivated: bool,
    limit: i64,
) -> Result<Vec<UserRow>> {
    let pattern = format!("%{}%", part.replace('!', "!!").replace('%', "!%").replace('_', "!_"));
    let rows = reader
        .query(
            "SELECT name, user_num, user_type, password_hash, creation_ts, admin, is_guest, \
             deactivated, erased, locked, suspended, shadow_banned FROM users WHERE name > $1 AND name LIKE $2 ESCAPE '!' \
             AND deactivated <= $3 ORDER BY name LIMIT $4",
            params![after, pattern, deactivated, limit],
        )
        .await?;
    rows.iter().map(decode).collect()
}

/// The users whose name is behind `after` and who have not agreed to all of the policy documents `names` (document, a space,
/// version), in order of name, at most `limit`. Guests, and users who need not agree, are left out.
///
/// # Errors
/// Fails if the database fails.
pub async fn list_not_agreed(
    reader: &impl Read,
    after: &str,
    names: &[String],
    limit: i64,
) -> Result<Vec<UserRow>> {
    let count = i64::try_from(names.len()).unwrap_or(i64::MAX);
    let rows = reader
        .query(
            concat!(
                "SELECT name, user_num, user_type, password_hash, creation_ts, admin, is_guest, \
                 deactivated, erased, locked, suspended, shadow_banned FROM users WHERE name > $1 \
                 AND deactivated = 0 AND is_guest = 0 AND ",
                is_person!(),
                " AND ",
                agreed_count!("$2"),
                " < $3 ORDER BY name LIMIT $4"
            ),
            params![after, names.to_vec(), count, limit],
        )
        .await?;
    rows.iter().map(decode).collect()
}

/// The guests who are in a room, or asked in.
///
/// # Errors
/// Fails if the database fails.
pub async fn guests_in(reader: &impl Read, room: RoomNum) -> Result<Vec<OwnedUserId>> {
    let rows = reader
        .query(
            "SELECT users.name FROM memberships \
             JOIN users ON users.user_num = memberships.user_num \
             WHERE memberships.room_num = $1 AND memberships.membership IN ('join', 'invite') \
             AND users.is_guest = 1",
            params![room],
        )
        .await?;
    let user =
        |row: &Row| UserId::parse(row.text(0)?).map_err(|_| db::Error::inconsistent("users.name"));
    rows.iter().map(user).collect()
}

/// How many users there are who have not been deactivated.
///
/// # Errors
/// Fails if the database fails.
pub async fn count_active(reader: &impl Read) -> Result<i64> {
    let row = reader
        .query_optional("SELECT COUNT(*) FROM users WHERE deactivated = 0", params![])
        .await?;
    row.map_or(Ok(0), |row| row.get(0))
}

/// Replaces the password hash of a user who is active; the write is rejected otherwise.
pub fn set_password_hash(write: &mut Write, user: UserNum, hash: Option<&str>) -> OperationIndex {
    write.execute_expecting(
        "UPDATE users SET password_hash = $2 WHERE user_num = $1 AND deactivated = 0",
        params![user, hash],
        1,
    )
}

/// Replaces the password hash if it is still `old`: a better hash of the same password.
pub fn rehash(write: &mut Write, user: UserNum, old: &str, new: &str) {
    write.execute(
        "UPDATE users SET password_hash = $3 WHERE user_num = $1 AND password_hash = $2",
        params![user, old, new],
    );
}

/// Makes a user who is active an administrator, or no longer; the write is rejected for others.
pub fn set_admin(write: &mut Write, user: UserNum, admin: bool) -> OperationIndex {
    write.execute_expecting(
        "UPDATE users SET admin = $2 WHERE user_num = $1 AND deactivated = 0",
        params![user, admin],
        1,
    )
}

/// Locks the account of a user who is active, or unlocks it; the write is rejected for others.
pub fn set_locked(write: &mut Write, user: UserNum, locked: bool) -> OperationIndex {
    write.execute_expecting(
        "UPDATE users SET locked = $2 WHERE user_num = $1 AND deactivated = 0",
        params![user, locked],
        1,
    )
}

/// Suspends the account of a user who is active, or ends that; the write is rejected for others.
pub fn set_suspended(write: &mut Write, user: UserNum, suspended: bool) -> OperationIndex {
    write.execute_expecting(
        "UPDATE users SET suspended = $2 WHERE user_num = $1 AND deactivated = 0",
        params![user, suspended],
        1,
    )
}

/// Shadow-bans a user who is active, or ends that; the write is rejected for others.
pub fn set_shadow_banned(write: &mut Write, user: UserNum, banned: bool) -> OperationIndex {
    write.execute_expecting(
        "UPDATE users SET shadow_banned = $2 WHERE user_num = $1 AND deactivated = 0",
        params![user, banned],
        1,
    )
}

/// Closes an account: nothing is left to log in with.
pub fn deactivate(write: &mut Write, user: UserNum, erase: bool) -> OperationIndex {
    write.execute_expecting(
        "UPDATE users SET deactivated = 1, password_hash = NULL, admin = 0, \
         erased = CASE WHEN CAST($2 AS BIGINT) = 1 THEN 1 ELSE erased END WHERE user_num = $1",
        params![user, erase],
        1,
    )
}

fn decode(row: &Row) -> Result<UserRow> {
    Ok(UserRow {
        name: UserId::parse(row.text(0)?).map_err(|_| db::Error::inconsistent("users.name"))?,
        user_num: row.get(1)?,
        user_type: row.get(2)?,
        password_hash: row.get(3)?,
        creation_ts: row.get(4)?,
        admin: row.get::<i64>(5)? != 0,
        is_guest: row.get::<i64>(6)? != 0,
        deactivated: row.get::<i64>(7)? != 0,
        erased: row.get::<i64>(8)? != 0,
        locked: row.get::<i64>(9)? != 0,
        suspended: row.get::<i64>(10)? != 0,
        shadow_banned: row.get::<i64>(11)? != 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_condition_names_the_types_of_programs() {
        let names = PROGRAM_TYPES.map(|name| format!("'{name}'")).join(", ");
        assert!(is_person!().contains(&format!("NOT IN ({names})")));
    }
}
