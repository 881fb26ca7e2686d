//! Server notices ([spec]): what those who run the server tell its users, in a room of its own for each of them.
//!
//! The server speaks as a user that nobody can log in as. A user is asked into their room with the first notice, cannot turn
//! that down, and can leave afterwards: then the next notice asks them in again.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#server-notices
mod terms;

use std::sync::Arc;

use accounts::{Accounts, server_user::ServerUserError};
use db::Write;
use protocol::{
    canonical::{self, Object},
    ids::{self, OwnedEventId, OwnedRoomId, OwnedUserId, RoomId, UserId},
};
use rooms::{CreateRoom, Membership, Preset, Room, Rooms, Transaction};
use store::{Store, UserNum, notice_rooms};
use tokio::sync::Mutex;

/// By which clients know the room ([spec]).
///
/// [spec]: https://spec.matrix.org/v1.16/client-server-api/#server-notices
const TAG: &str = "m.server_notice";

/// Who is spoken to cannot answer.
const SILENT: i64 = -10;

/// What an administrator can set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// As whom the server speaks.
    pub user_id: OwnedUserId,
    /// What that user is called.
    pub display_name: Option<String>,
    /// The picture of that user (`mxc://…`).
    pub avatar_url: Option<String>,
    /// What the rooms are called.
    pub room_name: String,
    /// What they say they are for.
    pub room_topic: Option<String>,
    /// Their picture (`mxc://…`).
    pub room_avatar_url: Option<String>,
    /// Whether users are put into their room rather than asked in.
    pub auto_join: bool,
}

/// Why a notice was not sent.
#[derive(Debug, thiserror::Error)]
pub enum NoticeError {
    /// The server speaks to nobody.
    #[error("server notices are switched off: see [server_notices] in the configuration")]
    Off,
    /// There is no such user, or no longer.
    #[error("there is no such user")]
    UnknownUser,
    /// The room could not be made, or not written to.
    #[error(transparent)]
    Rooms(#[from] rooms::Error),
    /// The room could not be tagged.
    #[error(transparent)]
    Tag(#[from] accounts::account_data::AccountDataError),
    /// The database failed.
    #[error(transparent)]
    Failed(#[from] db::Error),
}

/// A notice that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// In which room.
    pub room_id: OwnedRoomId,
    /// As which event.
    pub event_id: OwnedEventId,
}

/// The notices service.
pub struct Notices {
    store: Store,
    accounts: Arc<Accounts>,
    rooms: Arc<Rooms>,
    settings: Option<Settings>,
    /// Held by whoever looks for a room to make it: each user has one.
    making: Mutex<()>,
}

impl Notices {
    /// The service; without settings it sends nothing.
    #[must_use]
    pub fn new(
        store: Store,
        accounts: Arc<Accounts>,
        rooms: Arc<Rooms>,
        settings: Option<Settings>,
    ) -> Self {
        Self { store, accounts, rooms, settings, making: Mutex::default() }
    }

    /// Makes the user that the server speaks as, and shows what it is called now. To be called at the start.
    ///
    /// # Errors
    /// Fails if the name is somebody else's, or the database fails.
    pub async fn prepare(&self) -> Result<(), ServerUserError> {
        let Some(settings) = &self.settings else { return Ok(()) };
        let (name, avatar) = (settings.display_name.as_deref(), settings.avatar_url.as_deref());
        if self.accounts.ensure_server_user(&settings.user_id, name, avatar).await?
            && let Err(error) = self.rooms.update_profile(&settings.user_id).await
        {
            return Err(ServerUserError::Rooms(error.to_string()));
        }
        Ok(())
    }

    /// Tells a user something.
    ///
    /// # Errors
    /// See [`NoticeError`].
    pub async fn send(&self, user_id: &UserId, text: &str) -> Result<Sent, NoticeError> {
        let mut random = [0; 24];
        self.store.entropy.fill(&mut random);
        self.send_once(user_id, text, &ids::token(&random)).await
    }

    /// Tells a user something under a name: told again under the same name, it is answered with what was told first.
    ///
    /// # Errors
    /// See [`NoticeError`].
    pub(crate) async fn send_once(
        &self,
        user_id: &UserId,
        text: &str,
        name: &str,
    ) -> Result<Sent, NoticeError> {
        let settings = self.settings.as_ref().ok_or(NoticeError::Off)?;
        let user = self.accounts.user(user_id).await?;
        let user = user.filter(|user| !user.deactivated).ok_or(NoticeError::UnknownUser)?;
        let room = self.room_of(settings, user.user_num, user_id).await?;
        let transaction = Transaction { device_id: "", transaction_id: name };
        let content = serde_json::json!({ "msgtype": "m.text", "body": text });
        let (content, sender) = (object(&content)?, &settings.user_id);
        let sent = self.rooms.send(sender, &room.id, "m.room.message", transaction, content).await;
        Ok(Sent { room_id: room.id.clone(), event_id: sent? })
    }

    /// Whether the server speaks to a user in this room.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn is_room_of(&self, user: UserNum, room_id: &RoomId) -> Result<bool, db::Error> {
        let room = notice_rooms::find(&self.store.db, user).await?;
        Ok(room.is_some_and(|room| room == room_id))
    }

    /// The room of a user, with the user in it or asked in.
    async fn room_of(
        &self,
        settings: &Settings,
        user: UserNum,
        user_id: &UserId,
    ) -> Result<Arc<Room>, NoticeError> {
        let _making = self.making.lock().await;
        let room = match self.known_room(settings, user).await? {
            Some(room) => room,
            None => self.make_room(settings, user).await?,
        };
        let membership = room.facts(&self.rooms).await?.membership(user_id);
        if matches!(membership, Some(Membership::Join)) {
            return Ok(room);
        }
        if membership != Some(Membership::Invite) {
            self.accounts.tag_room(user, room.num, TAG).await?;
            self.rooms.invite_by_server(&settings.user_id, user_id, &room).await?;
        }
        if settings.auto_join {
            self.rooms.join(user_id, &room.id, None).await?;
        }
        Ok(room)
    }

    /// The room that was made for a user, as long as the server is in it.
    async fn known_room(
        &self,
        settings: &Settings,
        user: UserNum,
    ) -> Result<Option<Arc<Room>>, NoticeError> {
        let Some(room_id) = notice_rooms::find(&self.store.db, user).await? else {
            return Ok(None);
        };
        let Some(room) = self.rooms.find(&room_id).await? else { return Ok(None) };
        let is_in = room.facts(&self.rooms).await?.is_joined(&settings.user_id);
        Ok(is_in.then_some(room))
    }

    async fn make_room(
        &self,
        settings: &Settings,
        user: UserNum,
    ) -> Result<Arc<Room>, NoticeError> {
        let avatar = settings.room_avatar_url.as_ref().map(|url| serde_json::json!({ "url": url }));
        let avatar = avatar.map(|content| object(&content)).transpose()?;
        let avatar = avatar.map(|content| ("m.room.avatar".to_owned(), String::new(), content));
        let wish = CreateRoom {
            name: Some(settings.room_name.clone()),
            topic: settings.room_topic.clone(),
            initial_state: avatar.into_iter().collect(),
            power_level_content_override: object(&serde_json::json!({ "users_default": SILENT }))?,
            ..CreateRoom::of(Preset::PrivateChat)
        };
        let room_id = self.rooms.create_room(&settings.user_id, wish).await?;
        let mut write = Write::new();
        notice_rooms::set(&mut write, user, &room_id);
        drop(self.store.write(write).await.map_err(db::Error::from)?);
        Ok(self.rooms.room(&room_id).await?)
    }
}

fn object(content: &serde_json::Value) -> Result<Object, NoticeError> {
    let object = canonical::object_from(content);
    Ok(object.map_err(|error| rooms::Error::BadContent(error.to_string()))?)
}
