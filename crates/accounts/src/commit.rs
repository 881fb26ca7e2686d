//! Committing what ends sessions and what other users see.
use std::sync::Arc;

use db::{Committed, OperationIndex, Value, Write, WriteError};
use protocol::ids::UserId;
use store::{
    Change, Store, UserNum, access_tokens, devices, login_tokens, memberships, pushers, sessions,
};

use crate::{Accounts, AfterCommit, DeviceChange, User, authenticate::SessionCache};

/// A write, and what is to be done once it is durable.
#[derive(Default)]
pub(crate) struct Pending {
    pub(crate) write: Write,
    /// Operations that remove access tokens.
    tokens: Vec<OperationIndex>,
    after: Vec<AfterCommit>,
    /// Positions of changes that only one user sees.
    own: Vec<(UserNum, Value)>,
}

impl Pending {
    /// Notes an operation of [`access_tokens`] that removes tokens.
    pub(crate) fn revokes(&mut self, operation: OperationIndex) {
        self.tokens.push(operation);
    }

    /// Takes a position for a change that only `user` sees.
    pub(crate) fn own_change(&mut self, user: UserNum) -> Value {
        let position = self.write.position();
        self.own.push((user, position.clone()));
        position
    }

    /// Notes what is to be done once the write is durable, before it is published.
    pub(crate) fn then(&mut self, after: impl FnOnce(&Committed) -> Vec<Change> + Send + 'static) {
        self.after.push(Box::new(after));
    }

    /// Removes a session, whatever becomes of its device.
    pub(crate) fn delete_session(&mut self, session_id: i64) {
        let operation = access_tokens::delete_of_session(&mut self.write, session_id);
        self.revokes(operation);
        pushers::delete_of_session(&mut self.write, session_id);
        sessions::delete(&mut self.write, session_id);
    }

    /// Removes the session of a device, not the device.
    pub(crate) fn delete_session_of_device(&mut self, user: UserNum, device_id: &str) {
        let operation = access_tokens::delete_of_device(&mut self.write, user, device_id);
        self.revokes(operation);
        pushers::delete_of_device(&mut self.write, user, device_id);
        sessions::delete_of_device(&mut self.write, user, device_id);
    }

    /// Removes a user's sessions but the one called `except`.
    pub(crate) fn delete_sessions(&mut self, user: UserNum, except: Option<i64>) {
        let operation = access_tokens::delete_of_user(&mut self.write, user, except);
        self.revokes(operation);
        pushers::delete_all_of_user(&mut self.write, user, except);
        sessions::delete_of_user(&mut self.write, user, except);
        login_tokens::delete_of_user(&mut self.write, user);
    }
}

impl Accounts {
    /// Takes a position for a change of the user's profile, which everybody in their rooms is told.
    ///
    /// The rooms are read before the commit: nothing between commit and publication may fail. Who shares one with them only
    /// since then is not woken, and told when something else does it.
    pub(crate) async fn profile_change(
        &self,
        pending: &mut Pending,
        user: UserNum,
    ) -> Result<Value, db::Error> {
        let rooms = memberships::joined_rooms(&self.store.db, user).await?;
        let position = pending.own_change(user);
        let at = position.clone();
        pending.then(move |committed| {
            let position = committed.position(&at);
            let rooms = rooms.into_iter().map(Some).chain([None]);
            rooms.map(|room| Change::Profile { position, room }).collect()
        });
        Ok(position)
    }

    /// Adds the removal of devices, with their sessions and all that others keep for them.
    pub(crate) async fn delete_devices_in(
        &self,
        pending: &mut Pending,
        user: UserNum,
        user_id: &UserId,
        device_ids: &[String],
    ) -> Result<(), db::Error> {
        if device_ids.is_empty() {
            return Ok(());
        }
        for device_id in device_ids {
            pending.delete_session_of_device(user, device_id);
            devices::delete(&mut pending.write, user, device_id);
        }
        let change = DeviceChange::Deleted(device_ids);
        let after = self.observer.devices_changed(&mut pending.write, user, user_id, change);
        pending.after.push(after.await?);
        Ok(())
    }

    /// Adds what follows from the new name of a device.
    pub(crate) async fn device_renamed_in(
        &self,
        pending: &mut Pending,
        user: UserNum,
        user_id: &UserId,
        device_id: &str,
    ) -> Result<(), db::Error> {
        let change = DeviceChange::Renamed(device_id);
        let after = self.observer.devices_changed(&mut pending.write, user, user_id, change);
        pending.after.push(after.await?);
        Ok(())
    }

    /// Adds the removal of all devices and sessions of a user, but those of the session called `except`.
    pub(crate) async fn delete_all_in(
        &self,
        pending: &mut Pending,
        user: &User,
        except: Option<(i64, Option<&str>)>,
    ) -> Result<(), db::Error> {
        let kept = except.and_then(|(_, device_id)| device_id);
        let all = devices::of_user(&self.store.db, user.user_num).await?;
        let gone: Vec<String> = all
            .into_iter()
            .map(|device| device.device_id)
            .filter(|device_id| Some(device_id.as_str()) != kept)
            .collect();
        self.delete_devices_in(pending, user.user_num, &user.name, &gone).await?;
        pending.delete_sessions(user.user_num, except.map(|(session_id, _)| session_id));
        Ok(())
    }

    /// Commits; then ends the sessions in memory, and publishes.
    ///
    /// All of it runs to its end even if the caller does not wait for it, as when a client hangs up: memory would
    /// otherwise know of sessions that the database has not.
    pub(crate) async fn commit(&self, pending: Pending) -> Result<(), WriteError> {
        let (store, sessions) = (self.store.clone(), Arc::clone(&self.sessions));
        let finished = tokio::spawn(async move { finish(&store, &sessions, pending).await }).await;
        finished.unwrap_or_else(|_| {
            self.sessions.clear();
            Err(db::Error::inconsistent("a commit was broken off").into())
        })
    }
}

async fn finish(
    store: &Store,
    sessions: &SessionCache,
    pending: Pending,
) -> Result<(), WriteError> {
    let Pending { write, tokens, after, own } = pending;
    let committed = store.db.write(write).await.inspect_err(|error| {
        // It may have been stored all the same: no cached session is trusted then.
        if let WriteError::Failed(error) = error
            && error.outcome_unknown()
        {
            sessions.clear();
        }
    })?;
    end_sessions(sessions, &committed, &tokens);
    let mut changes: Vec<Change> = own
        .into_iter()
        .map(|(user, position)| Change::User { position: committed.position(&position), user })
        .collect();
    changes.extend(after.into_iter().flat_map(|after| after(&committed)));
    store.changes.publish(committed.publication, &changes);
    Ok(())
}

fn end_sessions(sessions: &SessionCache, committed: &Committed, tokens: &[OperationIndex]) {
    if tokens.is_empty() {
        return;
    }
    let hashes: Result<Vec<_>, _> =
        tokens.iter().map(|operation| access_tokens::deleted(committed, *operation)).collect();
    match hashes {
        Ok(hashes) => sessions.end(hashes.into_iter().flatten()),
        Err(error) => {
            tracing::error!(%error, "the tokens of ended sessions could not be read");
            sessions.clear();
        }
    }
}
