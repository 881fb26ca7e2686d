//! Who is typing where: kept in memory only, and gone with a restart.
use std::{collections::BTreeMap, sync::Arc};

use parking_lot::Mutex;
use protocol::ids::{OwnedUserId, RoomId, UserId};
use store::RoomNum;

use crate::{
    error::{Error, Result},
    service::Rooms,
};

/// The longest a client may ask for, in milliseconds. Longer requests are cut, not refused.
pub const TIMEOUT_MS_MAX: i64 = 120_000;

/// Until when (Unix ms) each user types in each room.
#[derive(Default)]
pub(crate) struct Typing(Mutex<BTreeMap<RoomNum, BTreeMap<OwnedUserId, i64>>>);

impl Rooms {
    /// Marks `user` as typing for `timeout_ms`, or with `None` as no longer typing.
    ///
    /// # Errors
    /// [`Error::NotJoined`] unless the user is a member.
    pub async fn set_typing(
        self: &Arc<Self>,
        room_id: &RoomId,
        user: &UserId,
        timeout_ms: Option<i64>,
    ) -> Result<()> {
        let room = self.room(room_id).await.map_err(|_| Error::NotJoined)?;
        if !room.facts(self).await?.is_joined(user) {
            return Err(Error::NotJoined);
        }
        if self.is_shadow_banned(user) {
            return Ok(());
        }
        let Some(timeout_ms) = timeout_ms else {
            self.stop_typing(room.num, user);
            return Ok(());
        };
        let timeout_ms = timeout_ms.clamp(0, TIMEOUT_MS_MAX);
        let until = self.store.clock.now_ms().saturating_add(timeout_ms);
        let before =
            self.typing.0.lock().entry(room.num).or_default().insert(user.to_owned(), until);
        if before.is_none() {
            self.store.changes.publish_ephemeral(room.num);
        }
        self.expire_typing(room.num, user.to_owned(), until, timeout_ms);
        Ok(())
    }

    /// Who is typing in a room now.
    #[must_use]
    pub fn typing(&self, room: RoomNum) -> Vec<OwnedUserId> {
        let now = self.store.clock.now_ms();
        let typing = self.typing.0.lock();
        let users = typing.get(&room).into_iter().flatten();
        users.filter(|(_, until)| **until > now).map(|(user, _)| user.clone()).collect()
    }

    /// A user no longer types in a room: they said so, or sent what they typed, or left.
    pub(crate) fn stop_typing(&self, room: RoomNum, user: &UserId) {
        let mut typing = self.typing.0.lock();
        let Some(users) = typing.get_mut(&room) else { return };
        if users.remove(user).is_none() {
            return;
        }
        if users.is_empty() {
            typing.remove(&room);
        }
        drop(typing);
        self.store.changes.publish_ephemeral(room);
    }

    fn expire_typing(self: &Arc<Self>, room: RoomNum, user: OwnedUserId, until: i64, after: i64) {
        let rooms = Arc::downgrade(self);
        tokio::spawn(async move {
            tokio::time::sleep(std::time::Duration::from_millis(after.unsigned_abs())).await;
            let Some(rooms) = rooms.upgrade() else { return };
            let expired = {
                let typing = rooms.typing.0.lock();
                typing.get(&room).and_then(|users| users.get(&user)) == Some(&until)
            };
            if expired {
                rooms.stop_typing(room, &user);
            }
        });
    }
}
