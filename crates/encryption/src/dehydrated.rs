//! Dehydrated devices ([MSC3814]): a device that waits for messages, most of all keys, while its user has no other. It
//! has keys like any device, but no session; its secrets lie here encrypted for the user, who brings it to life later.
//!
//! [MSC3814]: https://github.com/matrix-org/matrix-spec-proposals/pull/3814
use db::{Write, WriteError};
use protocol::ids::{DeviceId, UserId};
use store::{
    UserNum,
    dehydrated_devices::{self as table, DehydratedDeviceRow},
    device_keys, devices,
};

use crate::{
    Device, Encryption,
    key_format::{KeyError, is_short_text},
    to_device::Inbox,
    upload::{self, KeysUpload, UploadError},
};

/// The largest secrets of a device, in bytes of JSON.
const DATA_BYTES_MAX: usize = 256 * 1024;

/// How many messages one answer has at most.
const MESSAGES_MAX: u32 = 100;

/// A device that is to wait.
#[derive(Clone, Debug)]
pub struct NewDehydratedDevice {
    /// Its id.
    pub device_id: String,
    /// What the user calls it.
    pub display_name: Option<String>,
    /// Its secrets, encrypted, as JSON.
    pub device_data: String,
    /// Its keys; the identity keys must be among them.
    pub keys: KeysUpload,
}

/// Why a device does not wait, or its messages are not read.
#[derive(Debug, thiserror::Error)]
pub enum DehydratedError {
    /// The id is not one, or another device has it.
    #[error("The device id is empty, too long, or that of another device")]
    DeviceId,
    /// The identity keys are missing.
    #[error("The device has no device_keys")]
    NoKeys,
    /// The secrets are too large.
    #[error("device_data has at most {DATA_BYTES_MAX} bytes")]
    TooLarge,
    /// A key cannot be stored.
    #[error(transparent)]
    Keys(#[from] UploadError),
    /// No device of the user waits.
    #[error("You have no dehydrated device")]
    None,
    /// Another device waits.
    #[error("This is not your dehydrated device")]
    OtherDevice,
    /// The database failed.
    #[error(transparent)]
    Failed(#[from] db::Error),
}

impl From<KeyError> for DehydratedError {
    fn from(error: KeyError) -> Self {
        Self::Keys(error.into())
    }
}

impl Encryption {
    /// Lets a new device of `user` wait, in the place of the one that did.
    ///
    /// # Errors
    /// See [`DehydratedError`]; then all is as it was.
    pub async fn dehydrate(
        &self,
        user: UserNum,
        user_id: &UserId,
        new: NewDehydratedDevice,
    ) -> Result<(), DehydratedError> {
        if !is_short_text(&new.device_id) {
            return Err(DehydratedError::DeviceId);
        }
        if new.device_data.len() > DATA_BYTES_MAX {
            return Err(DehydratedError::TooLarge);
        }
        let device_id: &DeviceId = new.device_id.as_str().into();
        let device = Device { user, user_id, device_id };
        let mut keys = upload::check(new.keys, device)?;
        let identity = keys.identity.take().ok_or(DehydratedError::NoKeys)?;
        let before = table::find(&self.store.db, user).await?.map(|row| row.device_id);
        let is_known = devices::find(&self.store.db, user, &new.device_id).await?.is_some();
        if is_known && before.as_deref() != Some(&*new.device_id) {
            return Err(DehydratedError::DeviceId);
        }

        let mut write = Write::new();
        let before: Vec<String> = before.into_iter().collect();
        for device_id in &before {
            devices::delete(&mut write, user, device_id);
        }
        let gone = self.devices_deleted(&mut write, user, &before).await?;
        let name = new.display_name.as_deref();
        let now_ms = self.store.clock.now_ms();
        devices::insert(&mut write, user, &new.device_id, name, now_ms);
        let announcement = self.announce(&mut write, user).await?;
        device_keys::upsert(&mut write, user, &new.device_id, &identity, now_ms);
        self.add_keys(&mut write, device, &keys, &announcement.position);
        let row = DehydratedDeviceRow { device_id: new.device_id, device_data: new.device_data };
        table::set(&mut write, user, &row);
        match self.store.write(write).await {
            Ok(committed) => {
                self.counts.forget(user, &row.device_id);
                self.inboxes.forget(user, &row.device_id);
                let mut changes = gone(&committed);
                changes.extend(announcement.changes(user, &committed));
                self.store.changes.publish(committed.publication, &changes);
                Ok(())
            }
            Err(WriteError::Conflict { .. }) => Err(DehydratedError::DeviceId),
            Err(error) => Err(db::Error::from(error).into()),
        }
    }

    /// The device that waits.
    ///
    /// # Errors
    /// [`DehydratedError::None`] if there is none.
    pub async fn dehydrated_device(
        &self,
        user: UserNum,
    ) -> Result<DehydratedDeviceRow, DehydratedError> {
        table::find(&self.store.db, user).await?.ok_or(DehydratedError::None)
    }

    /// Removes the device that waits, with its keys and messages. Returns its id.
    ///
    /// # Errors
    /// [`DehydratedError::None`] if there is none.
    pub async fn delete_dehydrated_device(&self, user: UserNum) -> Result<String, DehydratedError> {
        let device_id = self.dehydrated_device(user).await?.device_id;
        let mut write = Write::new();
        devices::delete(&mut write, user, &device_id);
        let gone = self.devices_deleted(&mut write, user, std::slice::from_ref(&device_id)).await?;
        let committed = self.store.write(write).await.map_err(db::Error::from)?;
        let changes = gone(&committed);
        self.store.changes.publish(committed.publication, &changes);
        Ok(device_id)
    }

    /// The messages for the device that waits, behind position `after`. They stay until the device is removed: whoever
    /// brings it to life may be interrupted.
    ///
    /// # Errors
    /// See [`DehydratedError`].
    pub async fn dehydrated_messages(
        &self,
        user: UserNum,
        device_id: &str,
        after: i64,
    ) -> Result<Inbox, DehydratedError> {
        if self.dehydrated_device(user).await?.device_id != device_id {
            return Err(DehydratedError::OtherDevice);
        }
        let until = self.store.changes.position();
        let device_id: &DeviceId = device_id.into();
        Ok(self.to_device_messages(user, device_id, after, until, MESSAGES_MAX).await?)
    }
}
