//! What administrators do to other users of their server from their clients ([spec]): look at the standing of an account,
//! lock it, suspend it. Neither to themselves nor to each other.
//!
//! [spec]: https://spec.matrix.org/unstable/client-server-api/#server-administration
use protocol::ids::UserId;

use crate::{Accounts, Session, User, administration::AdministrationError};

/// Why an administrator does not see or change the standing of an account.
#[derive(Debug, thiserror::Error)]
pub enum StandingError {
    /// The user belongs to another server.
    #[error("The user belongs to another server")]
    NotLocal,
    /// There is no such user, or no longer.
    #[error("There is no such user")]
    Unknown,
    /// It is the administrator's own account, or that of another one.
    #[error("You can do this neither to yourself nor to another administrator")]
    Administrator,
    /// The change was not made.
    #[error(transparent)]
    Change(AdministrationError),
    /// The database failed.
    #[error(transparent)]
    Failed(#[from] db::Error),
}

impl From<AdministrationError> for StandingError {
    fn from(error: AdministrationError) -> Self {
        match error {
            AdministrationError::UnknownUser | AdministrationError::Deactivated => Self::Unknown,
            error => Self::Change(error),
        }
    }
}

impl Accounts {
    /// The account of somebody who uses this server.
    ///
    /// # Errors
    /// See [`StandingError`].
    pub async fn standing(&self, user_id: &UserId) -> Result<User, StandingError> {
        if user_id.server_name() != self.server_name() {
            return Err(StandingError::NotLocal);
        }
        let user = self.user(user_id).await?;
        user.filter(|user| !user.deactivated).ok_or(StandingError::Unknown)
    }

    /// Locks an account for an administrator, or unlocks it.
    ///
    /// # Errors
    /// See [`StandingError`].
    pub async fn set_locked_by(
        &self,
        administrator: &Session,
        user_id: &UserId,
        locked: bool,
    ) -> Result<(), StandingError> {
        self.check_subject(administrator, user_id).await?;
        Ok(self.set_locked(user_id, locked).await?)
    }

    /// Suspends an account for an administrator, or ends that.
    ///
    /// # Errors
    /// See [`StandingError`].
    pub async fn set_suspended_by(
        &self,
        administrator: &Session,
        user_id: &UserId,
        suspended: bool,
    ) -> Result<(), StandingError> {
        self.check_subject(administrator, user_id).await?;
        Ok(self.set_suspended(user_id, suspended).await?)
    }

    async fn check_subject(
        &self,
        administrator: &Session,
        user_id: &UserId,
    ) -> Result<(), StandingError> {
        let user = self.standing(user_id).await?;
        let is_own = user.user_num == administrator.user_num;
        if is_own || user.admin { Err(StandingError::Administrator) } else { Ok(()) }
    }
}
