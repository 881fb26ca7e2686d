//! Account data ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#client-config
use std::sync::Arc;

use protocol::ids::{RoomId, UserId};
use serde_json::{Map, Value};
use store::{RoomNum, UserNum, account_data, account_data::AccountDataRow, ignored_users};

use crate::{Accounts, Session, commit::Pending};

/// The longest type, in bytes.
const TYPE_BYTES_MAX: usize = 255;

/// Types that the server keeps by rules of its own, and sets by endpoints of their own.
const SERVER_TYPES: [&str; 2] = ["m.fully_read", "m.push_rules"];

/// Why account data was not read or set.
#[derive(Debug, thiserror::Error)]
pub enum AccountDataError {
    /// It is somebody else's.
    #[error("You can only use your own account data")]
    NotYours,
    /// It has an endpoint of its own.
    #[error("Cannot set {0} through this API")]
    ServerControlled(String),
    /// No data can be of this type.
    #[error("A type has 1 to {TYPE_BYTES_MAX} bytes, and no control characters")]
    Type,
    /// Nobody here knows the room.
    #[error("Unknown room")]
    UnknownRoom,
    /// Others change the same at the same time, without end.
    #[error("The data was changed by others at the same time")]
    Contended,
    /// The database failed.
    #[error(transparent)]
    Failed(#[from] db::Error),
}

impl Accounts {
    /// The content of one type, for the user's clients. `room`: for what belongs to a room.
    ///
    /// # Errors
    /// See [`AccountDataError`].
    pub async fn account_data(
        &self,
        session: &Session,
        user_id: &UserId,
        room: Option<&RoomId>,
        kind: &str,
    ) -> Result<Option<Map<String, Value>>, AccountDataError> {
        check_owner(session, user_id)?;
        check_type(kind)?;
        let room = match room {
            Some(room) => match self.store.interner.find_room(room).await? {
                Some(room) => Some(room),
                None => return Ok(None),
            },
            None => None,
        };
        let found = account_data::find(&self.store.db, session.user_num, room, kind).await?;
        Ok(found.map(|row| content(&row)).transpose()?)
    }

    /// Sets the content of one type, as the user's clients do.
    ///
    /// # Errors
    /// See [`AccountDataError`].
    pub async fn set_account_data(
        &self,
        session: &Session,
        user_id: &UserId,
        room: Option<&RoomId>,
        kind: &str,
        content: &Map<String, Value>,
    ) -> Result<(), AccountDataError> {
        check_owner(session, user_id)?;
        check_type(kind)?;
        if SERVER_TYPES.contains(&kind) {
            return Err(AccountDataError::ServerControlled(kind.to_owned()));
        }
        let room = match room {
            Some(room) => Some(self.known_room(room).await?),
            None => None,
        };
        let content = serde_json::to_string(content)
            .map_err(|_| db::Error::inconsistent("account data that is no JSON"))?;
        let mut pending = Pending::default();
        let position = pending.own_change(session.user_num);
        account_data::set(&mut pending.write, session.user_num, room, kind, &content, &position);
        if room.is_none() && kind == ignored_users::ACCOUNT_DATA_TYPE {
            let named = ignored_users::parse(&content, user_id);
            let (ignores, user) = (Arc::clone(&self.store.ignores), session.user_num);
            pending.then(move |committed| {
                ignores.set(user, committed.position(&position), named);
                Vec::new()
            });
        }
        Ok(self.commit(pending).await.map_err(db::Error::from)?)
    }

    /// Everything that a user's clients keep here, what belongs to no room first.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn all_account_data(&self, user: UserNum) -> Result<Vec<AccountDataRow>, db::Error> {
        account_data::of_user(&self.store.db, user).await
    }

    /// What belongs to no room.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn global_account_data(
        &self,
        user: UserNum,
    ) -> Result<Vec<AccountDataRow>, db::Error> {
        account_data::global(&self.store.db, user).await
    }

    /// What belongs to a room.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn room_account_data(
        &self,
        user: UserNum,
        room: RoomNum,
    ) -> Result<Vec<AccountDataRow>, db::Error> {
        account_data::of_room(&self.store.db, user, room).await
    }

    /// What was set at `after < position <= until`. The database is asked only if anything can have been.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn account_data_changes(
        &self,
        user: UserNum,
        after: i64,
        until: i64,
    ) -> Result<Vec<AccountDataRow>, db::Error> {
        if !self.store.changes.user_changed_since(user, after) {
            return Ok(Vec::new());
        }
        account_data::changed_between(&self.store.db, user, after, until).await
    }

    pub(crate) async fn known_room(&self, room: &RoomId) -> Result<RoomNum, AccountDataError> {
        self.store.interner.find_room(room).await?.ok_or(AccountDataError::UnknownRoom)
    }
}

pub(crate) fn check_owner(session: &Session, user_id: &UserId) -> Result<(), AccountDataError> {
    if session.user_id == user_id { Ok(()) } else { Err(AccountDataError::NotYours) }
}

pub(crate) fn content(row: &AccountDataRow) -> Result<Map<String, Value>, db::Error> {
    serde_json::from_str(&row.content).map_err(|_| db::Error::inconsistent("account_data.content"))
}

fn check_type(kind: &str) -> Result<(), AccountDataError> {
    let fits = (1..=TYPE_BYTES_MAX).contains(&kind.len()) && !kind.chars().any(char::is_control);
    if fits { Ok(()) } else { Err(AccountDataError::Type) }
}

#[cfg(test)]
mod tests;
