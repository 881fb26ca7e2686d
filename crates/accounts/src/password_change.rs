//! Changing one's password ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3accountpassword
use config::Secret;
use db::WriteError;
use store::{pushers, user_threepids, users};

use crate::{
    Accounts, Action, Confirmation, Session,
    commit::Pending,
    passwords::{PasswordError, WeakPassword, check_new},
};

/// Why a password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangePasswordError {
    /// Something else was confirmed.
    #[error("The change was not confirmed")]
    NotConfirmed,
    /// The new password is too weak.
    #[error(transparent)]
    Password(#[from] WeakPassword),
    /// The account was closed meanwhile.
    #[error("This account has been deactivated")]
    Deactivated,
    /// The address is in no account any more, or its proof was used already.
    #[error("The address has not been confirmed")]
    NotProven,
    /// Too many others log in.
    #[error("The server is busy")]
    Busy,
    /// The password could not be hashed.
    #[error("{0}")]
    Broken(String),
    /// The database failed.
    #[error(transparent)]
    Failed(#[from] db::Error),
}

impl From<PasswordError> for ChangePasswordError {
    fn from(error: PasswordError) -> Self {
        match error {
            PasswordError::Busy => Self::Busy,
            PasswordError::Broken(why) => Self::Broken(why),
        }
    }
}

impl Accounts {
    /// Whether `password` may become one: to be asked before the user confirms.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn check_new_password(&self, password: &Secret) -> Result<(), WeakPassword> {
        check_new(password.expose(), self.settings.password_length_min)
    }

    /// Gives the session's user another password. With `logout_devices` all their other sessions end, and the devices
    /// of those are removed.
    ///
    /// # Errors
    /// See [`ChangePasswordError`].
    pub async fn change_password(
        &self,
        session: &Session,
        password: &Secret,
        logout_devices: bool,
        confirmation: Confirmation,
    ) -> Result<(), ChangePasswordError> {
        if !confirmation.allows(Action::ChangePassword, session.user_num) {
            return Err(ChangePasswordError::NotConfirmed);
        }
        self.check_new_password(password)?;
        let hash = self.passwords.hash(password.expose()).await?;
        let user = self.user(&session.user_id).await?.ok_or(ChangePasswordError::Deactivated)?;
        let mut pending = Pending::default();
        users::set_password_hash(&mut pending.write, user.user_num, Some(&hash));
        if logout_devices {
            let device_id = session.device().map(protocol::ids::DeviceId::as_str);
            let except = Some((session.session_id, device_id));
            self.delete_all_in(&mut pending, &user, except).await?;
        }
        // Somebody who knew the old password may have them told what happens.
        pushers::delete_all_of_user(&mut pending.write, user.user_num, Some(session.session_id));
        match self.commit(pending).await {
            Ok(()) => Ok(()),
            // The only expectation of this write is that the user is active.
            Err(WriteError::Conflict { .. }) => Err(ChangePasswordError::Deactivated),
            Err(error) => Err(db::Error::from(error).into()),
        }
    }

    /// Gives the account whose address was proven another password, and uses the proof up. With `logout_devices` all its
    /// sessions end, and their devices are removed.
    ///
    /// # Errors
    /// See [`ChangePasswordError`].
    pub async fn reset_password(
        &self,
        password: &Secret,
        logout_devices: bool,
        confirmation: Confirmation,
    ) -> Result<(), ChangePasswordError> {
        if !confirmation.allows_anybody(Action::ResetPassword) {
            return Err(ChangePasswordError::NotConfirmed);
        }
        let (_, proven) = confirmation.into_parts();
        let proven = proven.first().ok_or(ChangePasswordError::NotConfirmed)?;
        self.check_new_password(password)?;
        let owner = user_threepids::owner(&self.store.db, &proven.threepid).await?;
        let owner = owner.ok_or(ChangePasswordError::NotProven)?;
        let user = self.user(&owner).await?.ok_or(ChangePasswordError::NotProven)?;
        let hash = self.passwords.hash(password.expose()).await?;
        let mut pending = Pending::default();
        let changed = users::set_password_hash(&mut pending.write, user.user_num, Some(&hash));
        self.consume_in(&mut pending.write, proven);
        if logout_devices {
            self.delete_all_in(&mut pending, &user, None).await?;
        }
        pushers::delete_all_of_user(&mut pending.write, user.user_num, None);
        match self.commit(pending).await {
            Ok(()) => Ok(()),
            Err(WriteError::Conflict { operation, .. }) if operation == changed => {
                Err(ChangePasswordError::Deactivated)
            }
            // The only other expectation is that the proof is still there.
            Err(WriteError::Conflict { .. }) => Err(ChangePasswordError::NotProven),
            Err(error) => Err(db::Error::from(error).into()),
        }
    }
}
