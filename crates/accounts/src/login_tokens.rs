//! Letting in another client of one's own ([spec]): a token that logs in once.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv1loginget_token
use config::Secret;
use db::{Write, WriteError};
use store::login_tokens;

use crate::{
    Accounts, Action, Confirmation, Session,
    commit::Pending,
    devices::check_device_id,
    login::{DeviceRequest, Granted, LoginError, check_can_log_in},
    tokens,
};

/// How long such a token is valid: what the specification recommends.
const LIFETIME_MS: i64 = 120_000;

/// A token that logs in once.
#[derive(Debug)]
pub struct LoginToken {
    /// The token.
    pub token: Secret,
    /// How long it is valid.
    pub expires_in_ms: i64,
}

/// Why there is no such token.
#[derive(Debug, thiserror::Error)]
pub enum LoginTokenError {
    /// Something else was confirmed.
    #[error("The other login was not confirmed")]
    NotConfirmed,
    /// The token does not have a token's form.
    #[error("a new token does not have a token's form")]
    Broken,
    /// The database failed.
    #[error(transparent)]
    Failed(#[from] db::Error),
}

impl Accounts {
    /// A token by which another client logs in as the session's user.
    ///
    /// # Errors
    /// See [`LoginTokenError`].
    pub async fn create_login_token(
        &self,
        session: &Session,
        confirmation: Confirmation,
    ) -> Result<LoginToken, LoginTokenError> {
        if !confirmation.allows(Action::LetInClient, session.user_num) {
            return Err(LoginTokenError::NotConfirmed);
        }
        let token = tokens::login_token(&*self.store.entropy);
        let hash = tokens::hash(token.expose()).ok_or(LoginTokenError::Broken)?;
        let expires_ts = self.now_ms().saturating_add(LIFETIME_MS);
        let mut write = Write::new();
        login_tokens::insert(&mut write, &hash, session.user_num, expires_ts);
        self.store.db.write(write).await.map_err(db::Error::from)?;
        Ok(LoginToken { token, expires_in_ms: LIFETIME_MS })
    }

    /// Logs in by such a token, which is worth nothing from then on.
    ///
    /// # Errors
    /// See [`LoginError`].
    pub async fn login_with_token(
        &self,
        token: &str,
        device: DeviceRequest,
    ) -> Result<Granted, LoginError> {
        if let Some(device_id) = &device.device_id {
            check_device_id(device_id)?;
        }
        let hash = tokens::hash(token).ok_or(LoginError::Token)?;
        let owner = login_tokens::find(&self.store.db, &hash, self.now_ms()).await?;
        let owner = owner.ok_or(LoginError::Token)?;
        let user = self.user(&owner).await?.ok_or(LoginError::Token)?;
        check_can_log_in(&user)?;
        let mut pending = Pending::default();
        let consumed = login_tokens::consume(&mut pending.write, &hash);
        let granted = self.open_session_in(&mut pending, user.user_num, &user.name, device)?;
        match self.commit(pending).await {
            Ok(()) => Ok(granted),
            Err(WriteError::Conflict { operation, .. }) if operation == consumed => {
                Err(LoginError::Token)
            }
            // The only other expectation of this write is that the user is active.
            Err(WriteError::Conflict { .. }) => Err(LoginError::Deactivated),
            Err(error) => Err(db::Error::from(error).into()),
        }
    }
}
