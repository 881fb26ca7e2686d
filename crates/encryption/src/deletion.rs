//! What follows from a change of a user's devices, in the same write as the change.
use db::{Committed, Value, Write};
use protocol::ids::UserId;
use store::{
    Change, RoomNum, UserNum, cross_signing, dehydrated_devices, device_keys, device_lists,
    fallback_keys, key_backups, key_signatures, one_time_keys, to_device,
};

use crate::Encryption;

/// To be called when the write is durable: brings memory up to date and says what is to be published.
pub type AfterCommit = Box<dyn FnOnce(&Committed) -> Vec<Change> + Send>;

impl Encryption {
    /// Adds to `write` what follows from the deletion of devices: their keys and messages go with them.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn devices_deleted(
        &self,
        write: &mut Write,
        user: UserNum,
        device_ids: &[String],
    ) -> Result<AfterCommit, db::Error> {
        let mut had_keys = false;
        for device_id in device_ids {
            had_keys |= device_keys::find(&self.store.db, user, device_id).await?.is_some();
            device_keys::delete(write, user, device_id);
            one_time_keys::delete(write, user, device_id);
            fallback_keys::delete(write, user, device_id);
            key_signatures::delete(write, user, device_id);
            to_device::delete_device(write, user, device_id);
            dehydrated_devices::delete(write, user, device_id);
        }
        let announcement = if had_keys { Some(self.announce(write, user).await?) } else { None };
        let (counts, inboxes) = (self.counts.clone(), self.inboxes.clone());
        let device_ids = device_ids.to_vec();
        Ok(Box::new(move |committed| {
            for device_id in &device_ids {
                counts.forget(user, device_id);
                inboxes.forget(user, device_id);
            }
            announcement
                .map(|announcement| announcement.changes(user, committed))
                .unwrap_or_default()
        }))
    }

    /// Adds to `write` what follows from another name of a device, which others see beside its keys.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn device_renamed(
        &self,
        write: &mut Write,
        user: UserNum,
        device_id: &str,
    ) -> Result<AfterCommit, db::Error> {
        if device_keys::find(&self.store.db, user, device_id).await?.is_none() {
            return Ok(Box::new(|_| Vec::new()));
        }
        let announcement = self.announce(write, user).await?;
        Ok(Box::new(move |committed| announcement.changes(user, committed)))
    }

    /// Removes what a closed account leaves behind: cross-signing keys with their signatures, and key backups. Devices
    /// are gone before, by [`Self::devices_deleted`].
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn account_closed(&self, user_id: &UserId) -> Result<(), db::Error> {
        let Some(user) = self.store.interner.find_user(user_id).await? else { return Ok(()) };
        let mut write = Write::new();
        key_backups::delete_of_user(&mut write, user);
        let keys = cross_signing::of_users(&self.store.db, &[user]).await?;
        for key in &keys {
            cross_signing::delete(&mut write, key);
            key_signatures::delete(&mut write, user, &key.public_key);
        }
        let announcement = self.announce(&mut write, user).await?;
        let committed = self.store.write(write).await?;
        let changes = announcement.changes(user, &committed);
        self.store.changes.publish(committed.publication, &changes);
        Ok(())
    }

    pub(crate) async fn announce(
        &self,
        write: &mut Write,
        user: UserNum,
    ) -> Result<Announcement, db::Error> {
        let rooms = self.rooms.joined_rooms(user).await?;
        let position = write.position();
        device_lists::touch(write, user, &position);
        Ok(Announcement { rooms, position })
    }
}

/// A change of a user's device list that is part of a write: to be published to them and to everybody in their rooms.
///
/// The rooms are read before the commit: nothing between commit and publication may fail. Who shares one with them only
/// since then is not woken, and learns of it when something else does it.
pub(crate) struct Announcement {
    rooms: Vec<RoomNum>,
    pub(crate) position: Value,
}

impl Announcement {
    pub(crate) fn changes(self, user: UserNum, committed: &Committed) -> Vec<Change> {
        let position = committed.position(&self.position);
        let rooms = self.rooms.into_iter().map(Some).chain([None]);
        let rooms = rooms.map(|room| Change::DeviceList { position, room });
        std::iter::once(Change::User { position, user }).chain(rooms).collect()
    }
}
