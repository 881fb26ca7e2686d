//! Devices ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#device-management
use db::WriteError;
use store::devices;

pub use store::devices::DeviceRow as Device;

use crate::{Accounts, Action, Confirmation, Session, commit::Pending};

/// The longest device id, in bytes.
const DEVICE_ID_BYTES_MAX: usize = 255;

/// The longest name of a device, in characters.
const NAME_CHARS_MAX: usize = 100;

/// Why a device was not changed.
#[derive(Debug, thiserror::Error)]
pub enum DeviceError {
    /// The user has no such device.
    #[error("You have no device with this id")]
    Unknown,
    /// No device can have this id.
    #[error("A device id has 1 to {DEVICE_ID_BYTES_MAX} bytes, and no control characters")]
    Invalid,
    /// The name is too long.
    #[error("The name of a device has at most {NAME_CHARS_MAX} characters, and no zero byte")]
    Name,
    /// Something else was confirmed.
    #[error("The removal was not confirmed")]
    NotConfirmed,
    /// The database failed.
    #[error(transparent)]
    Failed(#[from] db::Error),
}

impl Accounts {
    /// The devices of the session's user.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn devices(&self, session: &Session) -> Result<Vec<Device>, db::Error> {
        devices::of_user(&self.store.db, session.user_num).await
    }

    /// One of the devices of the session's user.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn device(&self, session: &Session, id: &str) -> Result<Option<Device>, db::Error> {
        if check_device_id(id).is_err() {
            return Ok(None);
        }
        devices::find(&self.store.db, session.user_num, id).await
    }

    /// Gives a device of the session's user another name, or only finds out whether it exists.
    ///
    /// # Errors
    /// See [`DeviceError`].
    pub async fn rename_device(
        &self,
        session: &Session,
        id: &str,
        name: Option<&str>,
    ) -> Result<(), DeviceError> {
        let device = self.device(session, id).await?.ok_or(DeviceError::Unknown)?;
        let Some(name) = name.filter(|name| device.display_name.as_deref() != Some(name)) else {
            return Ok(());
        };
        check_name(name)?;
        let mut pending = Pending::default();
        devices::rename(&mut pending.write, session.user_num, id, name);
        self.device_renamed_in(&mut pending, session.user_num, &session.user_id, id).await?;
        match self.commit(pending).await {
            Ok(()) => Ok(()),
            Err(WriteError::Conflict { .. }) => Err(DeviceError::Unknown),
            Err(error) => Err(db::Error::from(error).into()),
        }
    }

    /// Removes devices of the session's user. Ids that the user has not are passed over.
    ///
    /// # Errors
    /// See [`DeviceError`].
    pub async fn delete_devices(
        &self,
        session: &Session,
        ids: &[String],
        confirmation: Confirmation,
    ) -> Result<(), DeviceError> {
        if !confirmation.allows(Action::DeleteDevices, session.user_num) {
            return Err(DeviceError::NotConfirmed);
        }
        let mut known: Vec<String> = devices::of_user(&self.store.db, session.user_num)
            .await?
            .into_iter()
            .map(|device| device.device_id)
            .collect();
        known.retain(|known| ids.contains(known));
        if known.is_empty() {
            return Ok(());
        }
        let mut pending = Pending::default();
        let (user, user_id) = (session.user_num, &session.user_id);
        self.delete_devices_in(&mut pending, user, user_id, &known).await?;
        self.commit(pending).await.map_err(db::Error::from)?;
        Ok(())
    }
}

/// Whether a device can have this id.
pub(crate) fn check_device_id(id: &str) -> Result<(), DeviceError> {
    let fits = (1..=DEVICE_ID_BYTES_MAX).contains(&id.len()) && !id.chars().any(char::is_control);
    if fits { Ok(()) } else { Err(DeviceError::Invalid) }
}

/// Whether a device can be called so.
pub(crate) fn check_name(name: &str) -> Result<(), DeviceError> {
    let fits = name.chars().count() <= NAME_CHARS_MAX && !name.contains('\0');
    if fits { Ok(()) } else { Err(DeviceError::Name) }
}

/// A name given at login, cut to what a name may be: a login does not fail for it.
pub(crate) fn cut_name(name: &str) -> &str {
    let name = name.split('\0').next().unwrap_or_default();
    name.char_indices().nth(NAME_CHARS_MAX).map_or(name, |(end, _)| name.get(..end).unwrap_or(name))
}

#[cfg(test)]
mod tests;
