//! What application services do with the accounts of their namespaces. Whose namespace a name is in was decided before.
use std::sync::Arc;

use db::WriteError;
use protocol::ids::{DeviceId, OwnedUserId, UserId};
use store::devices;

use crate::{
    Accounts, Session,
    administration::{CreateError, NewUser, Origin},
    commit::Pending,
    devices::{DeviceError, check_device_id, check_name},
    login::{DeviceRequest, Granted, LoginError},
    registration::{RegisterError, Registered},
    usernames::NameError,
};

/// Why an application service cannot act as a user.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// It has not made the user.
    #[error("Application service has not registered this user ({0})")]
    NotRegistered(OwnedUserId),
    /// The account was closed.
    #[error("This account has been deactivated")]
    Deactivated,
    /// The user has no such device.
    #[error("Application service trying to use a device that does not exist")]
    UnknownDevice,
    /// The database failed.
    #[error(transparent)]
    Failed(#[from] db::Error),
}

impl Accounts {
    /// The session of the application service called `appservice`, which acts as `user_id`, with one of the user's devices or with none.
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn act_as(
        &self,
        user_id: &UserId,
        device_id: Option<&str>,
        appservice: Arc<str>,
    ) -> Result<Arc<Session>, ActError> {
        let user = self.user(user_id).await?;
        let user = user.ok_or_else(|| ActError::NotRegistered(user_id.to_owned()))?;
        if user.deactivated {
            return Err(ActError::Deactivated);
        }
        if let Some(device_id) = device_id {
            let known = check_device_id(device_id).is_ok()
                && devices::find(&self.store.db, user.user_num, device_id).await?.is_some();
            if !known {
                return Err(ActError::UnknownDevice);
            }
        }
        Ok(Arc::new(Session::of_appservice(&user, device_id, appservice)))
    }

    /// Makes an account of an application service, which has no password.
    ///
    /// # Errors
    /// See [`RegisterError`].
    pub async fn register_for_appservice(
        &self,
        localpart: &str,
        device: Option<DeviceRequest>,
    ) -> Result<Registered, RegisterError> {
        if let Some(device_id) = device.as_ref().and_then(|device| device.device_id.as_deref()) {
            check_device_id(device_id)?;
        }
        let user_id = self.check_for_appservice(localpart).await?;
        let user =
            self.insert_user(user_id, without_password(localpart), Origin::default()).await?;
        let granted = match device {
            Some(device) => {
                Some(self.open_session(&user, device).await.map_err(RegisterError::Login)?)
            }
            None => None,
        };
        Ok(Registered { user_id: user.name, granted })
    }

    /// Makes the user that an application service is when it does not say otherwise, unless there is one.
    ///
    /// # Errors
    /// See [`CreateError`].
    pub async fn ensure_sender(&self, user_id: &UserId) -> Result<(), CreateError> {
        if self.user(user_id).await?.is_some() {
            return Ok(());
        }
        let new = without_password(user_id.localpart());
        match self.insert_user(user_id.to_owned(), new, Origin::default()).await {
            // Somebody else was faster, which is as good.
            Ok(_) | Err(CreateError::Name(NameError::InUse)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Opens a session for a user of an application service.
    ///
    /// # Errors
    /// See [`LoginError`].
    pub async fn login_for_appservice(
        &self,
        user_id: &UserId,
        device: DeviceRequest,
    ) -> Result<Granted, LoginError> {
        let user = self.user(user_id).await?.ok_or(LoginError::Wrong)?;
        if user.deactivated {
            return Err(LoginError::Deactivated);
        }
        if user.locked {
            return Err(LoginError::Locked);
        }
        self.open_session(&user, device).await
    }

    /// Gives a user of an application service a device without a session, or a known device another name (MSC4190).
    /// Whether the device is new.
    ///
    /// # Errors
    /// [`DeviceError::Invalid`] for an id that no device can have, and see [`Self::rename_device`].
    pub async fn put_device(
        &self,
        session: &Session,
        device_id: &DeviceId,
        name: Option<&str>,
    ) -> Result<bool, DeviceError> {
        let id = device_id.as_str();
        check_device_id(id)?;
        if self.device(session, id).await?.is_some() {
            self.rename_device(session, id, name).await?;
            return Ok(false);
        }
        if let Some(name) = name {
            check_name(name)?;
        }
        let mut pending = Pending::default();
        devices::insert(&mut pending.write, session.user_num, id, name, self.now_ms());
        match self.commit(pending).await {
            Ok(()) => Ok(true),
            Err(WriteError::Conflict { .. }) => Err(DeviceError::Unknown),
            Err(error) => Err(db::Error::from(error).into()),
        }
    }
}

fn without_password(localpart: &str) -> NewUser {
    NewUser {
        name: localpart.to_owned(),
        password: None,
        displayname: None,
        admin: false,
        user_type: None,
    }
}

#[cfg(test)]
mod tests;
