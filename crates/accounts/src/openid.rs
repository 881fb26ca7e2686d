//! Tokens by which users prove to other services who they are ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#openid
use config::Secret;
use db::Write;
use protocol::ids::{OwnedUserId, UserId};
use store::openid_tokens;

use crate::{Accounts, Session, tokens};

/// How long such a token is valid.
const LIFETIME_MS: i64 = 3_600_000;

/// A token for another service.
#[derive(Debug)]
pub struct OpenIdToken {
    /// The token.
    pub token: Secret,
    /// How long it is valid.
    pub expires_in_ms: i64,
}

/// Why there is no such token.
#[derive(Debug, thiserror::Error)]
pub enum OpenIdError {
    /// It would be somebody else's.
    #[error("You can only prove who you are yourself")]
    NotYours,
    /// The token does not have a token's form.
    #[error("a new token does not have a token's form")]
    Broken,
    /// The database failed.
    #[error(transparent)]
    Failed(#[from] db::Error),
}

impl Accounts {
    /// A token by which another service learns who the user is, and nothing else.
    ///
    /// # Errors
    /// See [`OpenIdError`].
    pub async fn request_openid_token(
        &self,
        session: &Session,
        user_id: &UserId,
    ) -> Result<OpenIdToken, OpenIdError> {
        if session.user_id != user_id {
            return Err(OpenIdError::NotYours);
        }
        let token = tokens::openid_token(&*self.store.entropy);
        let hash = tokens::hash(token.expose()).ok_or(OpenIdError::Broken)?;
        let expires_ts = self.now_ms().saturating_add(LIFETIME_MS);
        let mut write = Write::new();
        openid_tokens::insert(&mut write, &hash, session.user_num, expires_ts);
        self.store.db.write(write).await.map_err(db::Error::from)?;
        Ok(OpenIdToken { token, expires_in_ms: LIFETIME_MS })
    }

    /// Who has asked for a token; `None` for what is none, or no longer.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn openid_user(&self, token: &str) -> Result<Option<OwnedUserId>, db::Error> {
        match tokens::hash(token) {
            Some(hash) => openid_tokens::find(&self.store.db, &hash, self.now_ms()).await,
            None => Ok(None),
        }
    }
}
