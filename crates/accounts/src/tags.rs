//! Tags of rooms ([spec]): account data of type `m.tag`, of which single entries are set.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#room-tagging
use db::WriteError;
use protocol::ids::{RoomId, UserId};
use serde_json::{Map, Value};
use store::{RoomNum, UserNum, account_data, account_data::AccountDataRow};

use crate::{
    Accounts, Session,
    account_data::{AccountDataError, check_owner, content},
    commit::Pending,
};

const TAG_TYPE: &str = "m.tag";

/// The longest tag, in bytes.
const TAG_BYTES_MAX: usize = 255;

/// How often a change is tried that meets others.
const TRIES_MAX: usize = 20;

/// Why a tag was not set.
#[derive(Debug, thiserror::Error)]
pub enum TagError {
    /// The tag is too long.
    #[error("A tag has 1 to {TAG_BYTES_MAX} bytes")]
    Tag,
    /// The order is not a number from 0 to 1.
    #[error("The order of a tag is a number from 0 to 1")]
    Order,
    /// As for all account data.
    #[error(transparent)]
    Data(#[from] AccountDataError),
}

impl Accounts {
    /// The tags that a user has given to a room.
    ///
    /// # Errors
    /// See [`AccountDataError`].
    pub async fn tags(
        &self,
        session: &Session,
        user_id: &UserId,
        room: &RoomId,
    ) -> Result<Map<String, Value>, AccountDataError> {
        check_owner(session, user_id)?;
        let Some(room) = self.store.interner.find_room(room).await? else { return Ok(Map::new()) };
        let row = self.tag_row(session.user_num, room).await?;
        Ok(row.as_ref().map(tags_of).transpose()?.unwrap_or_default())
    }

    /// Tags a room.
    ///
    /// # Errors
    /// See [`TagError`].
    pub async fn set_tag(
        &self,
        session: &Session,
        user_id: &UserId,
        room: &RoomId,
        tag: &str,
        info: Map<String, Value>,
    ) -> Result<(), TagError> {
        check_tag(tag)?;
        let order = info.get("order").filter(|order| !order.is_null());
        let in_range =
            |order: &Value| order.as_f64().is_some_and(|order| (0.0..=1.0).contains(&order));
        if !order.is_none_or(in_range) {
            return Err(TagError::Order);
        }
        let change = |tags: &mut Map<String, Value>| {
            tags.insert(tag.to_owned(), Value::Object(info.clone()));
        };
        Ok(self.change_tags(session, user_id, room, change).await?)
    }

    /// Removes a tag of a room.
    ///
    /// # Errors
    /// See [`TagError`].
    pub async fn delete_tag(
        &self,
        session: &Session,
        user_id: &UserId,
        room: &RoomId,
        tag: &str,
    ) -> Result<(), TagError> {
        check_tag(tag)?;
        let change = |tags: &mut Map<String, Value>| {
            tags.remove(tag);
        };
        Ok(self.change_tags(session, user_id, room, change).await?)
    }

    async fn change_tags(
        &self,
        session: &Session,
        user_id: &UserId,
        room: &RoomId,
        change: impl Fn(&mut Map<String, Value>) + Send,
    ) -> Result<(), AccountDataError> {
        check_owner(session, user_id)?;
        let room = self.known_room(room).await?;
        self.change_tags_of(session.user_num, room, change).await
    }

    pub(crate) async fn change_tags_of(
        &self,
        user: UserNum,
        room: RoomNum,
        change: impl Fn(&mut Map<String, Value>) + Send,
    ) -> Result<(), AccountDataError> {
        let _turn = self.turns.take(user).await;
        for _ in 0..TRIES_MAX {
            let row = self.tag_row(user, room).await?;
            let before = row.as_ref().map(tags_of).transpose()?.unwrap_or_default();
            let mut tags = before.clone();
            change(&mut tags);
            if tags == before && row.is_some() {
                return Ok(());
            }
            let mut content = row.as_ref().map(content).transpose()?.unwrap_or_default();
            content.insert("tags".to_owned(), Value::Object(tags));
            let content = Value::Object(content).to_string();
            let mut pending = Pending::default();
            let position = pending.own_change(user);
            let read = row.map(|row| row.position);
            account_data::replace(
                &mut pending.write,
                user,
                Some(room),
                TAG_TYPE,
                &content,
                read,
                &position,
            );
            match self.commit(pending).await {
                Err(WriteError::Conflict { .. }) => {}
                result => return Ok(result.map_err(db::Error::from)?),
            }
        }
        Err(AccountDataError::Contended)
    }

    async fn tag_row(
        &self,
        user: UserNum,
        room: RoomNum,
    ) -> Result<Option<AccountDataRow>, db::Error> {
        account_data::find(&self.store.db, user, Some(room), TAG_TYPE).await
    }
}

/// Clients can set the whole of it too: what is no object of tags reads as none.
fn tags_of(row: &AccountDataRow) -> Result<Map<String, Value>, db::Error> {
    match content(row)?.remove("tags") {
        Some(Value::Object(tags)) => Ok(tags),
        _ => Ok(Map::new()),
    }
}

fn check_tag(tag: &str) -> Result<(), TagError> {
    if (1..=TAG_BYTES_MAX).contains(&tag.len()) { Ok(()) } else { Err(TagError::Tag) }
}

#[cfg(test)]
mod tests;
