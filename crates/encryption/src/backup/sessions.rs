//! Storing keys in the current backup, and deleting them.
use std::collections::{BTreeMap, BTreeSet};

use db::{Write, WriteError};
use store::{
    UserNum,
    key_backups::{self, BackupSession, BackupVersion, Scope},
};

use super::{BackupError, BackupState, check_scope, check_size, check_text, replace::is_better};
use crate::Encryption;

/// How often a change is decided anew because another one was faster.
const RETRIES: usize = 10;

impl Encryption {
    /// Stores those of `sessions` that are better than what the backup has.
    ///
    /// # Errors
    /// [`BackupError::WrongVersion`] unless `version` is the current one, and others of [`BackupError`].
    pub async fn back_up_sessions(
        &self,
        user: UserNum,
        version: &str,
        sessions: &[BackupSession],
    ) -> Result<BackupState, BackupError> {
        for session in sessions {
            check_text("the room id", &session.room_id)?;
            check_text("the session id", &session.session_id)?;
            check_size("session_data", &session.session_data)?;
        }
        let _turn = self.backup_turns.take(user).await;
        for _ in 0..RETRIES {
            let current = self.current_for_writing(user, version).await?;
            let stored = self.stored_versions_of(user, &current, sessions).await?;
            let (chosen, added) = choose(sessions, &stored);
            if chosen.is_empty() {
                return Ok(state(current.etag, current.key_count));
            }
            let mut write = Write::new();
            for session in chosen {
                key_backups::upsert_session(&mut write, user, current.version, session);
            }
            if let Some(state) = self.advance(user, &current, added, write).await? {
                return Ok(state);
            }
        }
        Err(BackupError::Busy)
    }

    /// Deletes keys of a version.
    ///
    /// # Errors
    /// [`BackupError::UnknownVersion`] if there is no such version.
    pub async fn delete_backed_up_sessions(
        &self,
        user: UserNum,
        version: &str,
        scope: Scope<'_>,
    ) -> Result<BackupState, BackupError> {
        check_scope(scope)?;
        let _turn = self.backup_turns.take(user).await;
        for _ in 0..RETRIES {
            let found = self.backup(user, version).await?;
            let count = key_backups::count(&self.store.db, user, found.version, scope).await?;
            if count == 0 {
                return Ok(state(found.etag, found.key_count));
            }
            let mut write = Write::new();
            key_backups::delete_sessions(&mut write, user, found.version, scope);
            if let Some(state) = self.advance(user, &found, -count, write).await? {
                return Ok(state);
            }
        }
        Err(BackupError::Busy)
    }

    /// Commits a change that was decided on `read`. `None` if the backup has changed since.
    async fn advance(
        &self,
        user: UserNum,
        read: &BackupVersion,
        added: i64,
        mut write: Write,
    ) -> Result<Option<BackupState>, BackupError> {
        let count = read.key_count + added;
        key_backups::advance(&mut write, user, read, count);
        match self.store.write(write).await {
            Ok(_) => Ok(Some(state(read.etag + 1, count))),
            Err(WriteError::Conflict { .. }) => Ok(None),
            Err(error) => Err(db::Error::from(error).into()),
        }
    }

    async fn current_for_writing(
        &self,
        user: UserNum,
        version: &str,
    ) -> Result<BackupVersion, BackupError> {
        let current = self.current_backup(user).await?;
        let name = current.version.to_string();
        if name == version { Ok(current) } else { Err(BackupError::WrongVersion { current: name }) }
    }

    async fn stored_versions_of(
        &self,
        user: UserNum,
        backup: &BackupVersion,
        sessions: &[BackupSession],
    ) -> Result<Vec<BackupSession>, db::Error> {
        let rooms: BTreeSet<&str> = sessions.iter().map(|session| &*session.room_id).collect();
        let ids: BTreeSet<&str> = sessions.iter().map(|session| &*session.session_id).collect();
        let (rooms, ids) = (rooms.into_iter().collect(), ids.into_iter().collect());
        key_backups::sessions_with_ids(&self.store.db, user, backup.version, rooms, ids).await
    }
}

/// Those of `sessions` that are kept, and how many of them are new. Of several for one key the best one counts.
fn choose<'a>(
    sessions: &'a [BackupSession],
    stored: &[BackupSession],
) -> (Vec<&'a BackupSession>, i64) {
    let key = |session: &BackupSession| (session.room_id.clone(), session.session_id.clone());
    let stored: BTreeMap<_, _> = stored.iter().map(|session| (key(session), session)).collect();
    let mut best: BTreeMap<_, &BackupSession> = BTreeMap::new();
    for session in sessions {
        let known = best.get(&key(session)).copied().or_else(|| stored.get(&key(session)).copied());
        if known.is_none_or(|known| is_better(session, known)) {
            best.insert(key(session), session);
        }
    }
    let added = best.keys().filter(|key| !stored.contains_key(*key)).count();
    (best.into_values().collect(), i64::try_from(added).unwrap_or(i64::MAX))
}

fn state(etag: i64, count: i64) -> BackupState {
    BackupState { etag: etag.to_string(), count }
}
