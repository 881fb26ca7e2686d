//! Refreshing access tokens ([spec]).
//!
//! Each refresh gives a new refresh token. The one that was used can be used again as long as neither of the new tokens
//! has been, because the answer may have been lost on its way. Used after that, it is in the hands of two: the session
//! ends for both of them (RFC 9700 section 4.14.2).
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#refreshing-access-tokens
use std::fmt;

use config::Secret;
use db::WriteError;
use store::{
    UserNum, access_tokens,
    sessions::{self, SessionRow, TokenHash},
};

use crate::{
    Accounts,
    commit::Pending,
    tokens::{self, RefreshToken},
};

/// How often a refresh is tried that meets another one of the same session.
const TRIES_MAX: usize = 20;

/// New tokens.
pub struct Refreshed {
    /// The access token.
    pub access_token: Secret,
    /// The refresh token.
    pub refresh_token: Secret,
    /// How long the access token is valid.
    pub expires_in_ms: i64,
}

impl fmt::Debug for Refreshed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refreshed")
            .field("expires_in_ms", &self.expires_in_ms)
            .finish_non_exhaustive()
    }
}

/// Why there are no new tokens.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// The refresh token is not known, or no longer.
    #[error("Unknown refresh token")]
    Unknown {
        /// Whether the device still exists, so that the client can keep its data.
        soft_logout: bool,
    },
    /// The account is locked.
    #[error("This account has been locked")]
    Locked,
    /// The database failed, or there is no end of others who refresh the same session.
    #[error(transparent)]
    Failed(#[from] db::Error),
}

const UNKNOWN: RefreshError = RefreshError::Unknown { soft_logout: false };

/// What a refresh token of a known session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// The valid one.
    Current,
    /// The one before, whose successor nobody has used yet.
    Repeated,
    /// One whose successor has been used.
    Replayed,
}

impl Accounts {
    /// New tokens for a refresh token.
    ///
    /// # Errors
    /// See [`RefreshError`].
    pub async fn refresh(&self, refresh_token: &str) -> Result<Refreshed, RefreshError> {
        let used = RefreshToken::parse(refresh_token).ok_or(UNKNOWN)?;
        let mut tries = 0;
        loop {
            tries += 1;
            let session = sessions::find_family(&self.store.db, &used.family).await?;
            let session = session.ok_or(UNKNOWN)?;
            let standing = standing(&session, &used.hash);
            if standing == Standing::Replayed {
                return Err(self.end_replayed(&session).await?);
            }
            if self.is_stale(&session) {
                return Err(RefreshError::Unknown { soft_logout: true });
            }
            if self.is_locked(session.user_num).await? {
                return Err(RefreshError::Locked);
            }
            match self.rotate(&session, &used, standing).await {
                Err(WriteError::Conflict { .. }) if tries < TRIES_MAX => {}
                result => return Ok(result.map_err(db::Error::from)?),
            }
        }
    }

    async fn is_locked(&self, user: UserNum) -> Result<bool, db::Error> {
        let user_id = self.store.interner.user_id(user).await?;
        Ok(self.user(&user_id).await?.is_some_and(|user| user.locked))
    }

    fn is_stale(&self, session: &SessionRow) -> bool {
        self.settings
            .refresh_token_lifetime_ms
            .is_some_and(|lifetime| session.refreshed_ts.saturating_add(lifetime) <= self.now_ms())
    }

    async fn rotate(
        &self,
        session: &SessionRow,
        used: &RefreshToken,
        standing: Standing,
    ) -> Result<Refreshed, WriteError> {
        let (entropy, now_ms) = (&*self.store.entropy, self.now_ms());
        let broken = || db::Error::inconsistent("a new token does not have a token's form");
        let next = used.next(entropy).ok_or_else(broken)?;
        let access_token = tokens::access_token(entropy);
        let access_hash = tokens::hash(access_token.expose()).ok_or_else(broken)?;
        let lifetime_ms = self.settings.access_token_lifetime_ms;

        let mut pending = Pending::default();
        let (id, write) = (session.session_id, &mut pending.write);
        let (generation, removed) = match standing {
            Standing::Repeated => {
                sessions::rotate_again(write, id, &used.hash, &next.hash, now_ms);
                // The access token of the lost answer, which nobody has used.
                (session.generation, access_tokens::delete_at(write, id, session.generation))
            }
            Standing::Current | Standing::Replayed => {
                sessions::rotate(write, id, &used.hash, &next.hash, now_ms);
                // The access token in use stays until its successor arrives.
                let older = access_tokens::delete_before(write, id, session.generation);
                (session.generation + 1, older)
            }
        };
        access_tokens::insert(
            write,
            tokens::id(entropy),
            &access_hash,
            id,
            generation,
            now_ms,
            Some(now_ms.saturating_add(lifetime_ms)),
        );
        pending.revokes(removed);
        self.commit(pending).await?;
        Ok(Refreshed { access_token, refresh_token: next.text, expires_in_ms: lifetime_ms })
    }

    async fn end_replayed(&self, session: &SessionRow) -> Result<RefreshError, db::Error> {
        let mut pending = Pending::default();
        pending.delete_session(session.session_id);
        self.commit(pending).await?;
        let user_id = self.store.interner.user_id(session.user_num).await?;
        tracing::warn!(
            user.id = %user_id,
            session.id = session.session_id,
            device.id = session.device_id,
            "a refresh token was used again after its successor: the session was ended",
        );
        Ok(RefreshError::Unknown { soft_logout: true })
    }
}

fn standing(session: &SessionRow, used: &TokenHash) -> Standing {
    let is = |stored: &Option<Vec<u8>>| stored.as_deref().is_some_and(|stored| stored == used);
    if is(&session.refresh_hash) {
        Standing::Current
    } else if is(&session.previous_refresh_hash) {
        Standing::Repeated
    } else {
        Standing::Replayed
    }
}

#[cfg(test)]
mod tests;
