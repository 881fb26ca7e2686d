//! Making an account for oneself ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#account-registration-and-management
use std::fmt;

use config::Secret;
use protocol::ids::OwnedUserId;

use crate::{
    Accounts, RegistrationMode,
    administration::{CreateError, NewUser, Origin},
    interactive::{Attempt, ConfirmError},
    login::{DeviceRequest, Granted, LoginError},
    passwords::{WeakPassword, check_new},
    threepids::Proven,
    usernames::NameError,
};

/// What somebody asks for who wants an account.
#[derive(Default)]
pub struct RegistrationRequest {
    /// The name they want; without it, one is made up.
    pub username: Option<String>,
    /// Their password.
    pub password: Option<Secret>,
    /// With what they log in; `None`: not yet.
    pub device: Option<DeviceRequest>,
}

impl fmt::Debug for RegistrationRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegistrationRequest")
            .field("username", &self.username)
            .finish_non_exhaustive()
    }
}

/// A new account.
#[derive(Debug)]
pub struct Registered {
    /// Who.
    pub user_id: OwnedUserId,
    /// Their session, if they asked for one.
    pub granted: Option<Granted>,
}

/// Why no account was made.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// Nobody can make an account for themselves here.
    #[error("Registration is disabled on this server")]
    Closed,
    /// There are no guests here.
    #[error("This server has no guests")]
    NoGuests,
    /// There is no password.
    #[error("A password is needed")]
    NoPassword,
    /// The password is too weak.
    #[error(transparent)]
    Password(#[from] WeakPassword),
    /// The name cannot be had.
    #[error(transparent)]
    Name(#[from] NameError),
    /// It is not yet confirmed.
    #[error(transparent)]
    Confirm(#[from] ConfirmError),
    /// The device cannot be.
    #[error(transparent)]
    Device(#[from] crate::devices::DeviceError),
    /// The user could not be created.
    #[error(transparent)]
    Create(CreateError),
    /// The account exists now, but could not be logged in.
    #[error(transparent)]
    Login(LoginError),
}

impl From<CreateError> for RegisterError {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::Name(name) => Self::Name(name),
            CreateError::Password(weak) => Self::Password(weak),
            error => Self::Create(error),
        }
    }
}

impl Accounts {
    /// Makes an account, once it is confirmed. What is wrong with the request is said before anything is to be proved.
    ///
    /// # Errors
    /// [`RegisterError::Confirm`] until everything is proved.
    pub async fn register(
        &self,
        request: RegistrationRequest,
        attempt: Option<Attempt>,
    ) -> Result<Registered, RegisterError> {
        if self.settings.registration == RegistrationMode::Closed {
            return Err(RegisterError::Closed);
        }
        let name = match &request.username {
            Some(name) => Some(self.check_available(name).await?),
            None => None,
        };
        if let Some(password) = &request.password {
            check_new(password.expose(), self.settings.password_length_min)?;
        }
        if let Some(device_id) =
            request.device.as_ref().and_then(|device| device.device_id.as_deref())
        {
            crate::devices::check_device_id(device_id)?;
        }
        // A first request without a password asks how to register.
        if request.password.is_none()
            && attempt.as_ref().is_some_and(|attempt| attempt.proof.is_some())
        {
            return Err(RegisterError::NoPassword);
        }
        let (token, proven) = self.confirm_registration(attempt).await?.into_parts();
        let password = request.password.ok_or(RegisterError::NoPassword)?;
        let name = match name {
            Some(name) => name,
            None => self.check_available(&self.made_up_name()).await?,
        };
        self.create_registered(name, password, (token, proven), request.device).await
    }

    async fn create_registered(
        &self,
        name: OwnedUserId,
        password: Secret,
        (token, proven): (Option<Secret>, Vec<Proven>),
        device: Option<DeviceRequest>,
    ) -> Result<Registered, RegisterError> {
        // Tokens of the configuration are good for any number of accounts: they are counted nowhere.
        let token = token
            .filter(|token| !self.settings.registration_tokens.iter().any(|other| other == token));
        let new = NewUser {
            name: name.localpart().to_owned(),
            password: Some(password),
            displayname: None,
            admin: false,
            user_type: None,
        };
        let token = token.as_ref().map(Secret::expose);
        let agreed = self.settings.terms.versions();
        let origin = Origin { token, proven: &proven, agreed, is_guest: false };
        let user = self.insert_user(name, new, origin).await?;
        let granted = match device {
            Some(device) => {
                Some(self.open_session(&user, device).await.map_err(RegisterError::Login)?)
            }
            None => None,
        };
        Ok(Registered { user_id: user.name, granted })
    }
}

#[cfg(test)]
mod tests;
