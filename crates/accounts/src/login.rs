//! Logging in ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#login
use std::fmt;

use config::Secret;
use db::{Write, WriteError};
use protocol::{
    Threepid,
    ids::{OwnedDeviceId, OwnedUserId, device_id},
};
use store::{
    UserNum, access_tokens, devices, sessions, sessions::FirstRefresh, user_threepids, users,
};

use crate::{
    Accounts, User,
    commit::Pending,
    devices::{DeviceError, check_device_id, cut_name},
    passwords::{PasswordError, Verdict},
    tokens::{self, RefreshToken},
};

/// With what somebody logs in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceRequest {
    /// The device to continue or to make; without it, one is made up.
    pub device_id: Option<String>,
    /// What a new device is called.
    pub display_name: Option<String>,
    /// Whether the client can refresh tokens.
    pub refresh_token: bool,
}

/// How somebody says who they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginName {
    /// A localpart or a whole user id.
    User(String),
    /// One of their addresses.
    Threepid(Threepid),
}

/// A new session, as its client gets it.
pub struct Granted {
    /// Who.
    pub user_id: OwnedUserId,
    /// With which device.
    pub device_id: OwnedDeviceId,
    /// The access token.
    pub access_token: Secret,
    /// The refresh token, for clients that can use one.
    pub refresh_token: Option<Secret>,
    /// How long the access token is valid; `None`: until logout.
    pub expires_in_ms: Option<i64>,
}

impl fmt::Debug for Granted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Granted")
            .field("user_id", &self.user_id)
            .field("device_id", &self.device_id)
            .finish_non_exhaustive()
    }
}

/// Why somebody is not logged in.
#[derive(Debug, thiserror::Error)]
pub enum LoginError {
    /// There is no such user, or it is not their password: nobody is told which.
    #[error("Wrong user name or password")]
    Wrong,
    /// The token is not known, was used already, or has ended.
    #[error("The login token is not valid")]
    Token,
    /// The account was closed.
    #[error("This account has been deactivated")]
    Deactivated,
    /// The account was locked.
    #[error("This account has been locked")]
    Locked,
    /// The device cannot be.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// Too many others log in.
    #[error("The server is busy")]
    Busy,
    /// A password could not be checked.
    #[error("{0}")]
    Broken(String),
    /// The database failed.
    #[error(transparent)]
    Failed(#[from] db::Error),
}

impl From<PasswordError> for LoginError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => Self::Busy,
            PasswordError::Broken(why) => Self::Broken(why),
        }
    }
}

impl Accounts {
    /// The user whom somebody means who logs in.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn find_by_login_name(&self, name: &LoginName) -> Result<Option<User>, db::Error> {
        match name {
            LoginName::User(name) => self.find_by_name(name).await,
            LoginName::Threepid(threepid) => {
                match user_threepids::owner(&self.store.db, threepid).await? {
                    Some(owner) => self.user(&owner).await,
                    None => Ok(None),
                }
            }
        }
    }

    /// Logs somebody in by name and password.
    ///
    /// # Errors
    /// See [`LoginError`].
    pub async fn login_with_password(
        &self,
        name: &str,
        password: &str,
        device: DeviceRequest,
    ) -> Result<Granted, LoginError> {
        self.login(&LoginName::User(name.to_owned()), password, device).await
    }

    /// Logs somebody in by any of their names and their password.
    ///
    /// # Errors
    /// See [`LoginError`].
    pub async fn login(
        &self,
        name: &LoginName,
        password: &str,
        device: DeviceRequest,
    ) -> Result<Granted, LoginError> {
        if let Some(device_id) = &device.device_id {
            check_device_id(device_id)?;
        }
        let user = self.find_by_login_name(name).await?;
        if user.as_ref().is_some_and(|user| user.deactivated) {
            return Err(LoginError::Deactivated);
        }
        self.check_password(user.as_ref(), password).await?;
        let user = user.ok_or(LoginError::Wrong)?;
        check_can_log_in(&user)?;
        self.open_session(&user, device).await
    }

    /// Whether `password` is the user's. An outdated hash is replaced.
    pub(crate) async fn check_password(
        &self,
        user: Option<&User>,
        password: &str,
    ) -> Result<(), LoginError> {
        let stored = user.and_then(|user| user.password_hash.as_deref());
        let verdict = self.passwords.verify(password, stored).await?;
        match (verdict, user, stored) {
            (Verdict::Right, Some(_), Some(_)) => Ok(()),
            (Verdict::RightButOutdated, Some(user), Some(stored)) => {
                let better = self.passwords.hash(password).await?;
                let mut write = Write::new();
                users::rehash(&mut write, user.user_num, stored, &better);
                self.store.db.write(write).await.map_err(db::Error::from)?;
                Ok(())
            }
            _ => Err(LoginError::Wrong),
        }
    }

    /// Opens a session for a user who has proved to be one.
    pub(crate) async fn open_session(
        &self,
        user: &User,
        device: DeviceRequest,
    ) -> Result<Granted, LoginError> {
        let mut pending = Pending::default();
        let granted = self.open_session_in(&mut pending, user.user_num, &user.name, device)?;
        match self.commit(pending).await {
            Ok(()) => Ok(granted),
            // The only expectation of this write is that the user is active.
            Err(WriteError::Conflict { .. }) => Err(LoginError::Deactivated),
            Err(error) => Err(db::Error::from(error).into()),
        }
    }

    /// Adds a session, and its device if that is new, to a write. An older session of the device ends ([spec]).
    ///
    /// [spec]: https://spec.matrix.org/v1.16/client-server-api/#relationship-between-access-tokens-and-devices
    pub(crate) fn open_session_in(
        &self,
        pending: &mut Pending,
        user: UserNum,
        user_id: &protocol::ids::UserId,
        request: DeviceRequest,
    ) -> Result<Granted, LoginError> {
        let entropy = &*self.store.entropy;
        let now_ms = self.now_ms();
        let name = request.display_name.as_deref().map(cut_name);
        let device: OwnedDeviceId = match request.device_id {
            Some(device_id) => {
                check_device_id(&device_id)?;
                pending.delete_session_of_device(user, &device_id);
                device_id.into()
            }
            None => device_id(&entropy::array::<10>(entropy)),
        };
        let refresh = if request.refresh_token {
            Some(RefreshToken::first(entropy).ok_or_else(no_token)?)
        } else {
            None
        };
        let access_token = tokens::access_token(entropy);
        let access_hash = tokens::hash(access_token.expose()).ok_or_else(no_token)?;
        let lifetime_ms = refresh.is_some().then_some(self.settings.access_token_lifetime_ms);
        let expires_ts = lifetime_ms.map(|lifetime| now_ms.saturating_add(lifetime));
        let (session_id, token_id) = (tokens::id(entropy), tokens::id(entropy));
        let first =
            refresh.as_ref().map(|token| FirstRefresh { family: token.family, token: token.hash });

        let write = &mut pending.write;
        devices::insert(write, user, device.as_str(), name, now_ms);
        sessions::insert(write, session_id, user, Some(device.as_str()), first, now_ms);
        access_tokens::insert(write, token_id, &access_hash, session_id, 0, now_ms, expires_ts);
        Ok(Granted {
            user_id: user_id.to_owned(),
            device_id: device,
            access_token,
            refresh_token: refresh.map(|token| token.text),
            expires_in_ms: lifetime_ms,
        })
    }
}

/// Whether a user who has proved to be one gets a session.
pub(crate) fn check_can_log_in(user: &User) -> Result<(), LoginError> {
    match user {
        User { deactivated: true, .. } => Err(LoginError::Deactivated),
        User { locked: true, .. } => Err(LoginError::Locked),
        _ => Ok(()),
    }
}

fn no_token() -> LoginError {
    LoginError::Broken("a new token does not have a token's form".to_owned())
}

#[cfg(test)]
mod tests;
