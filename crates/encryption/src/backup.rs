//! Server-side key backups ([spec]): versions, and the encrypted sessions in them.
//!
//! Writers of one user's backup wait for each other, and across nodes they are kept apart by the version's etag: what
//! was decided on a state that has changed is decided anew.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#server-side-key-backups
use db::{Write, WriteError};
use store::{
    UserNum,
    key_backups::{self, BackupSession, BackupVersion, Scope},
};

use crate::{Encryption, key_format::is_short_text};

mod replace;
mod sessions;

/// The largest `auth_data` and `session_data`, in bytes of JSON.
pub const DATA_BYTES_MAX: usize = 65_536;

/// Why a backup cannot be read or changed.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is no such backup.
    #[error("there is no such backup version")]
    UnknownVersion,
    /// There is no such key in the backup.
    #[error("there is no such key in the backup")]
    UnknownKey,
    /// Keys are only stored in the current backup.
    #[error("the current backup version is {current}")]
    WrongVersion {
        /// The current one.
        current: String,
    },
    /// A backup keeps its algorithm.
    #[error("the algorithm of a backup can't be changed")]
    AlgorithmChanged,
    /// A value is too long or has control characters.
    #[error("{0} is too long or not well formed")]
    Field(&'static str),
    /// A value has more than [`DATA_BYTES_MAX`].
    #[error("{0} can have at most {DATA_BYTES_MAX} bytes")]
    DataTooLarge(&'static str),
    /// Others kept changing the backup at the same time.
    #[error("the backup is being changed by others; try again")]
    Busy,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// What a backup holds after a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupState {
    /// Differs whenever the keys differ.
    pub etag: String,
    /// How many keys.
    pub count: i64,
}

impl Encryption {
    /// Starts a new version, which becomes the current one. `auth_data` is JSON.
    ///
    /// # Errors
    /// See [`BackupError`].
    pub async fn create_backup(
        &self,
        user: UserNum,
        algorithm: &str,
        auth_data: &str,
    ) -> Result<String, BackupError> {
        check_text("algorithm", algorithm)?;
        check_size("auth_data", auth_data)?;
        let now_ms = self.store.clock.now_ms();
        let mut write = Write::new();
        let insert = key_backups::insert(&mut write, user, algorithm, auth_data, now_ms);
        match self.store.write(write).await {
            Ok(committed) => Ok(key_backups::inserted_version(&committed, insert)?.to_string()),
            Err(WriteError::Conflict { .. }) => Err(BackupError::Busy),
            Err(error) => Err(db::Error::from(error).into()),
        }
    }

    /// The current version.
    ///
    /// # Errors
    /// [`BackupError::UnknownVersion`] if there is none.
    pub async fn current_backup(&self, user: UserNum) -> Result<BackupVersion, BackupError> {
        let current = key_backups::current(&self.store.db, user).await?;
        current.ok_or(BackupError::UnknownVersion)
    }

    /// The version called `version`.
    ///
    /// # Errors
    /// [`BackupError::UnknownVersion`] if it does not exist or was deleted.
    pub async fn backup(&self, user: UserNum, version: &str) -> Result<BackupVersion, BackupError> {
        let version = parse_version(version)?;
        let found = key_backups::find(&self.store.db, user, version).await?;
        found.ok_or(BackupError::UnknownVersion)
    }

    /// Replaces the `auth_data` (JSON) of a version.
    ///
    /// # Errors
    /// See [`BackupError`].
    pub async fn update_backup(
        &self,
        user: UserNum,
        version: &str,
        algorithm: &str,
        auth_data: &str,
    ) -> Result<(), BackupError> {
        let stored = self.backup(user, version).await?;
        if stored.algorithm != algorithm {
            return Err(BackupError::AlgorithmChanged);
        }
        check_size("auth_data", auth_data)?;
        let mut write = Write::new();
        key_backups::set_auth_data(&mut write, user, stored.version, auth_data);
        match self.store.write(write).await {
            Ok(_) => Ok(()),
            Err(WriteError::Conflict { .. }) => Err(BackupError::UnknownVersion),
            Err(error) => Err(db::Error::from(error).into()),
        }
    }

    /// Deletes a version with its keys. Deleting it again succeeds.
    ///
    /// # Errors
    /// [`BackupError::UnknownVersion`] if it never existed.
    pub async fn delete_backup(&self, user: UserNum, version: &str) -> Result<(), BackupError> {
        let version = parse_version(version)?;
        if !key_backups::existed(&self.store.db, user, version).await? {
            return Err(BackupError::UnknownVersion);
        }
        let mut write = Write::new();
        key_backups::delete(&mut write, user, version);
        self.store.write(write).await.map_err(db::Error::from)?;
        Ok(())
    }

    /// The keys of a version.
    ///
    /// # Errors
    /// [`BackupError::UnknownVersion`] if there is no such version, [`BackupError::UnknownKey`] if one key was asked
    /// for and is not there.
    pub async fn backed_up_sessions(
        &self,
        user: UserNum,
        version: &str,
        scope: Scope<'_>,
    ) -> Result<Vec<BackupSession>, BackupError> {
        check_scope(scope)?;
        let version = self.backup(user, version).await?.version;
        let sessions = key_backups::sessions(&self.store.db, user, version, scope).await?;
        if sessions.is_empty() && matches!(scope, Scope::Session(..)) {
            return Err(BackupError::UnknownKey);
        }
        Ok(sessions)
    }
}

/// Versions are numbers in decimal; what is not, is no version.
fn parse_version(version: &str) -> Result<i64, BackupError> {
    let number: i64 = version.parse().map_err(|_| BackupError::UnknownVersion)?;
    if number.to_string() == version { Ok(number) } else { Err(BackupError::UnknownVersion) }
}

fn check_scope(scope: Scope<'_>) -> Result<(), BackupError> {
    match scope {
        Scope::All => Ok(()),
        Scope::Room(room_id) => check_text("the room id", room_id),
        Scope::Session(room_id, session_id) => {
            check_text("the room id", room_id)?;
            check_text("the session id", session_id)
        }
    }
}

fn check_text(name: &'static str, text: &str) -> Result<(), BackupError> {
    if is_short_text(text) { Ok(()) } else { Err(BackupError::Field(name)) }
}

fn check_size(name: &'static str, json: &str) -> Result<(), BackupError> {
    if json.len() > DATA_BYTES_MAX { Err(BackupError::DataTooLarge(name)) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
