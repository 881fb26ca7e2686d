//! The user that the server itself speaks as: nobody can log in as it.
use protocol::ids::UserId;
use serde_json::Value;
use store::{RoomNum, UserNum, profiles};

use crate::{
    Accounts,
    account_data::AccountDataError,
    administration::{CreateError, NewUser, Origin},
    commit::Pending,
    profiles::{AVATAR_URL, DISPLAYNAME},
};

/// The type of such a user.
const USER_TYPE: &str = "server_notices";

/// Why the server has no user to speak as.
#[derive(Debug, thiserror::Error)]
pub enum ServerUserError {
    /// The name belongs to somebody.
    #[error("server_notices.localpart: {0} is somebody's account; choose another name")]
    Taken(String),
    /// The user could not be made.
    #[error("server_notices: {0}")]
    Create(#[from] CreateError),
    /// The user could not be shown in its rooms as it is called now.
    #[error("server_notices: {0}")]
    Rooms(String),
    /// The database failed.
    #[error(transparent)]
    Failed(#[from] db::Error),
}

impl Accounts {
    /// Makes the user that the server speaks as, or calls it otherwise than before; whether it was called otherwise.
    ///
    /// # Errors
    /// See [`ServerUserError`].
    pub async fn ensure_server_user(
        &self,
        user_id: &UserId,
        display_name: Option<&str>,
        avatar_url: Option<&str>,
    ) -> Result<bool, ServerUserError> {
        let user = match self.user(user_id).await? {
            Some(user) if user.user_type.as_deref() == Some(USER_TYPE) => user,
            Some(_) => return Err(ServerUserError::Taken(user_id.to_string())),
            None => {
                let new = NewUser {
                    name: user_id.localpart().to_owned(),
                    password: None,
                    displayname: display_name.map(ToOwned::to_owned),
                    admin: false,
                    user_type: Some(USER_TYPE.to_owned()),
                };
                self.insert_user(user_id.to_owned(), new, Origin::default()).await?
            }
        };
        let name = display_name.unwrap_or_else(|| user_id.localpart());
        let wanted = [(DISPLAYNAME, Some(name)), (AVATAR_URL, avatar_url)];
        let known = profiles::of_user(&self.store.db, user.user_num).await?;
        let mut is_new = false;
        for (field, value) in wanted {
            let value = value.map(|text| Value::from(text).to_string());
            let stored = known.iter().find(|row| row.field == field).map(|row| row.value.clone());
            if stored == value {
                continue;
            }
            is_new = true;
            let mut pending = Pending::default();
            let position = self.profile_change(&mut pending, user.user_num).await?;
            let write = &mut pending.write;
            profiles::set(write, user.user_num, field, value.as_deref(), &position);
            self.commit(pending).await.map_err(db::Error::from)?;
        }
        Ok(is_new)
    }

    /// Tags a room for a user.
    ///
    /// # Errors
    /// Fails if the database fails, or the user's clients change tags all the time.
    pub async fn tag_room(
        &self,
        user: UserNum,
        room: RoomNum,
        tag: &str,
    ) -> Result<(), AccountDataError> {
        self.change_tags_of(user, room, |tags| {
            tags.entry(tag).or_insert_with(|| Value::Object(serde_json::Map::new()));
        })
        .await
    }
}
