//! Tables `key_backups` (versions of a user's key backup) and `key_backup_sessions` (the encrypted keys in them).
//!
//! Invariant: `etag` and `key_count` of a version change in the same write as its sessions, by
//! [`advance`], which rejects the write if somebody else was faster.
use db::{Committed, OperationIndex, Read, Result, Row, Write, params};

use crate::UserNum;

/// A version of a user's backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupVersion {
    /// Its number, unique among the user's.
    pub version: i64,
    /// The encryption algorithm.
    pub algorithm: String,
    /// What clients need to use it, as JSON.
    pub auth_data: String,
    /// Changes with every change of the sessions.
    pub etag: i64,
    /// How many sessions it holds.
    pub key_count: i64,
}

/// Which sessions of a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope<'a> {
    /// All.
    All,
    /// Those of a room.
    Room(&'a str),
    /// One: its room and id.
    Session(&'a str, &'a str),
}

/// One backed-up session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupSession {
    /// The room that the session is for.
    pub room_id: String,
    /// The id of the session.
    pub session_id: String,
    /// The first message that the key can decrypt.
    pub first_message_index: i64,
    /// How often the key was forwarded.
    pub forwarded_count: i64,
    /// Whether the device that stored it had verified the device that the key is from.
    pub is_verified: bool,
    /// The encrypted key, as JSON.
    pub session_data: String,
}

/// The current version of a user's backup: the newest that is not deleted.
///
/// # Errors
/// Fails if the database fails.
pub async fn current(reader: &impl Read, user: UserNum) -> Result<Option<BackupVersion>> {
    let row = reader
        .query_optional(
            "SELECT version, algorithm, auth_data, etag, key_count FROM key_backups \
             WHERE user_num = $1 AND deleted = 0 ORDER BY version DESC LIMIT 1",
            params![user],
        )
        .await?;
    row.as_ref().map(version_from_row).transpose()
}

/// A version that is not deleted.
///
/// # Errors
/// Fails if the database fails.
pub async fn find(
    reader: &impl Read,
    user: UserNum,
    version: i64,
) -> Result<Option<BackupVersion>> {
    let row = reader
        .query_optional(
            "SELECT version, algorithm, auth_data, etag, key_count FROM key_backups \
             WHERE user_num = $1 AND version = $2 AND deleted = 0",
            params![user, version],
        )
        .await?;
    row.as_ref().map(version_from_row).transpose()
}

/// Whether there is, or was, such a version.
///
/// # Errors
/// Fails if the database fails.
pub async fn existed(reader: &impl Read, user: UserNum, version: i64) -> Result<bool> {
    let row = reader
        .query_optional(
            "SELECT 1 FROM key_backups WHERE user_num = $1 AND version = $2",
            params![user, version],
        )
        .await?;
    Ok(row.is_some())
}

/// Adds a version, numbered after all that the user ever had: see [`inserted_version`].
pub fn insert(
    write: &mut Write,
    user: UserNum,
    algorithm: &str,
    auth_data: &str,
    now_ms: i64,
) -> OperationIndex {
    write.execute(
        "INSERT INTO key_backups (user_num, version, algorithm, auth_data, created_at) \
         VALUES ($1, (SELECT COALESCE(MAX(version), 0) + 1 FROM key_backups WHERE user_num = $1), \
         $2, $3, $4) RETURNING version",
        params![user, algorithm, auth_data, now_ms],
    )
}

/// The number that [`insert`] gave.
///
/// # Errors
/// Fails if the operation was another one.
pub fn inserted_version(committed: &Committed, insert: OperationIndex) -> Result<i64> {
    let row = committed.rows(insert).first();
    row.ok_or_else(|| db::Error::inconsistent("an inserted backup has no version"))?.get(0)
}

/// Replaces what clients need to use the version. The write is rejected if it does not exist.
pub fn set_auth_data(write: &mut Write, user: UserNum, version: i64, auth_data: &str) {
    write.execute_expecting(
        "UPDATE key_backups SET auth_data = $3 \
         WHERE user_num = $1 AND version = $2 AND deleted = 0",
        params![user, version, auth_data],
        1,
    );
}

/// Deletes a version with its sessions; its number stays taken.
pub fn delete(write: &mut Write, user: UserNum, version: i64) {
    write.execute(
        "UPDATE key_backups SET deleted = 1, auth_data = '{}', key_count = 0 \
         WHERE user_num = $1 AND version = $2",
        params![user, version],
    );
    write.execute(
        "DELETE FROM key_backup_sessions WHERE user_num = $1 AND version = $2",
        params![user, version],
    );
}

/// Deletes all versions of a user with their sessions; the numbers stay taken.
pub fn delete_of_user(write: &mut Write, user: UserNum) {
    write.execute(
        "UPDATE key_backups SET deleted = 1, auth_data = '{}', key_count = 0 WHERE user_num = $1",
        params![user],
    );
    write.execute("DELETE FROM key_backup_sessions WHERE user_num = $1", params![user]);
}

/// Counts a change of the sessions. The write is rejected unless `read` is still as the version is stored.
pub fn advance(write: &mut Write, user: UserNum, read: &BackupVersion, key_count: i64) {
    write.execute_expecting(
        "UPDATE key_backups SET etag = etag + 1, key_count = $4 \
         WHERE user_num = $1 AND version = $2 AND etag = $3 AND deleted = 0",
        params![user, read.version, read.etag, key_count],
        1,
    );
}

/// Adds or replaces a session.
pub fn upsert_session(write: &mut Write, user: UserNum, version: i64, session: &BackupSession) {
    write.execute(
        "INSERT INTO key_backup_sessions (user_num, version, room_id, session_id, \
         first_message_index, forwarded_count, is_verified, session_data) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
         ON CONFLICT (user_num, version, room_id, session_id) DO UPDATE SET \
         first_message_index = excluded.first_message_index, \
         forwarded_count = excluded.forwarded_count, \
         is_verified = excluded.is_verified, session_data = excluded.session_data",
        params![
            user,
            version,
            session.room_id.as_str(),
            session.session_id.as_str(),
            session.first_message_index,
            session.forwarded_count,
            session.is_verified,
            session.session_data.as_str()
        ],
    );
}

/// The sessions of a version, in order of room and id.
///
/// # Errors
/// Fails if the database fails.
pub async fn sessions(
    reader: &impl Read,
    user: UserNum,
    version: i64,
    scope: Scope<'_>,
) -> Result<Vec<BackupSession>> {
    let rows = match scope {
        Scope::All => {
            reader
                .query(
                    "SELECT room_id, session_id, first_message_index, forwarded_count, \
                     is_verified, session_data FROM key_backup_sessions \
                     WHERE user_num = $1 AND version = $2 ORDER BY room_id, session_id",
                    params![user, version],
                )
                .await?
        }
        Scope::Room(room_id) => {
            reader
                .query(
                    "SELECT room_id, session_id, first_message_index, forwarded_count, \
                     is_verified, session_data FROM key_backup_sessions \
                     WHERE user_num = $1 AND version = $2 AND room_id = $3 ORDER BY session_id",
                    params![user, version, room_id],
                )
                .await?
        }
        Scope::Session(room_id, session_id) => {
            reader
                .query(
                    "SELECT room_id, session_id, first_message_index, forwarded_count, \
                     is_verified, session_data FROM key_backup_sessions \
                     WHERE user_num = $1 AND version = $2 AND room_id = $3 AND session_id = $4",
                    params![user, version, room_id, session_id],
                )
                .await?
        }
    };
    rows.iter().map(session_from_row).collect()
}

/// The sessions of a version that have one of these ids, whatever their rooms.
///
/// # Errors
/// Fails if the database fails.
pub async fn sessions_with_ids(
    reader: &impl Read,
    user: UserNum,
    version: i64,
    room_ids: Vec<&str>,
    session_ids: Vec<&str>,
) -> Result<Vec<BackupSession>> {
    let rows = reader
        .query(
            "SELECT room_id, session_id, first_message_index, forwarded_count, is_verified, \
             session_data FROM key_backup_sessions WHERE user_num = $1 AND version = $2 \
             AND room_id = ANY($3) AND session_id = ANY($4)",
            params![user, version, room_ids, session_ids],
        )
        .await?;
    rows.iter().map(session_from_row).collect()
}

/// Deletes sessions of a version: the operation counts them.
pub fn delete_sessions(
    write: &mut Write,
    user: UserNum,
    version: i64,
    scope: Scope<'_>,
) -> OperationIndex {
    match scope {
        Scope::All => write.execute(
            "DELETE FROM key_backup_sessions WHERE user_num = $1 AND version = $2",
            params![user, version],
        ),
        Scope::Room(room_id) => write.execute(
            "DELETE FROM key_backup_sessions \
             WHERE user_num = $1 AND version = $2 AND room_id = $3",
            params![user, version, room_id],
        ),
        Scope::Session(room_id, session_id) => write.execute(
            "DELETE FROM key_backup_sessions \
             WHERE user_num = $1 AND version = $2 AND room_id = $3 AND session_id = $4",
            params![user, version, room_id, session_id],
        ),
    }
}

/// How many sessions a scope holds.
///
/// # Errors
/// Fails if the database fails.
pub async fn count(
    reader: &impl Read,
    user: UserNum,
    version: i64,
    scope: Scope<'_>,
) -> Result<i64> {
    let row = match scope {
        Scope::All => {
            reader
                .query_optional(
                    "SELECT COUNT(*) FROM key_backup_sessions \
                     WHERE user_num = $1 AND version = $2",
                    params![user, version],
                )
                .await?
        }
        Scope::Room(room_id) => {
            reader
                .query_optional(
                    "SELECT COUNT(*) FROM key_backup_sessions \
                     WHERE user_num = $1 AND version = $2 AND room_id = $3",
                    params![user, version, room_id],
                )
                .await?
        }
        Scope::Session(room_id, session_id) => {
            reader
                .query_optional(
                    "SELECT COUNT(*) FROM key_backup_sessions \
                     WHERE user_num = $1 AND version = $2 AND room_id = $3 AND session_id = $4",
                    params![user, version, room_id, session_id],
                )
                .await?
        }
    };
    row.map_or(Ok(0), |row| row.get(0))
}

fn version_from_row(row: &Row) -> Result<BackupVersion> {
    Ok(BackupVersion {
        version: row.get(0)?,
        algorithm: row.get(1)?,
        auth_data: row.get(2)?,
        etag: row.get(3)?,
        key_count: row.get(4)?,
    })
}

fn session_from_row(row: &Row) -> Result<BackupSession> {
    Ok(BackupSession {
        room_id: row.get(0)?,
        session_id: row.get(1)?,
        first_message_index: row.get(2)?,
        forwarded_count: row.get(3)?,
        is_verified: row.get(4)?,
        session_data: row.get(5)?,
    })
}
