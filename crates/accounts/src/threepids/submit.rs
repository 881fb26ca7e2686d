//! Giving back what was sent to an address.
use config::Secret;
use db::{Write, WriteError};
use store::threepid_sessions;

use super::proof::is_name;
use crate::{Accounts, tokens};

/// The longest token that is looked at, in bytes.
const TOKEN_BYTES_MAX: usize = 255;

/// An address is proven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// Where the browser goes now.
    pub next_link: Option<String>,
}

/// Why an address is not proven.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// There is no such session, or it is another client's.
    #[error("There is no such session")]
    Unknown,
    /// It has ended, or was tried too often.
    #[error("The session has ended: please ask for another message")]
    Ended,
    /// The token is wrong.
    #[error("The token is wrong")]
    Wrong,
    /// The database failed.
    #[error(transparent)]
    Failed(#[from] db::Error),
}

impl Accounts {
    /// Takes the token that was sent to an address. Who has only followed a link does not know the client's secret; who types a
    /// code does.
    ///
    /// # Errors
    /// See [`SubmitError`].
    pub async fn submit_token(
        &self,
        sid: &str,
        client_secret: Option<&Secret>,
        token: &str,
    ) -> Result<Submitted, SubmitError> {
        if !is_name(sid) {
            return Err(SubmitError::Unknown);
        }
        let row = threepid_sessions::find(&self.store.db, sid).await?;
        let row = row.ok_or(SubmitError::Unknown)?;
        let is_theirs = match client_secret {
            Some(secret) => tokens::hash(secret.expose()) == Some(row.secret_hash),
            // Codes are short: they are taken from the client only that has asked for them.
            None => row.threepid.medium() == protocol::threepid::Medium::Email,
        };
        if !is_theirs {
            return Err(SubmitError::Unknown);
        }
        // The try is taken before it is known whether it was a good one: many at once are no more than one after the other.
        let now_ms = self.now_ms();
        let mut write = Write::new();
        threepid_sessions::take_attempt(&mut write, sid, now_ms);
        match self.store.db.write(write).await {
            Ok(_) => {}
            Err(WriteError::Conflict { .. }) => return Err(SubmitError::Ended),
            Err(error) => return Err(db::Error::from(error).into()),
        }
        let hash = tokens::hash(token).filter(|_| token.len() <= TOKEN_BYTES_MAX);
        let hash = hash.filter(|hash| *hash == row.token_hash).ok_or(SubmitError::Wrong)?;
        if row.validated_ts.is_none() {
            let expires_ts = now_ms.saturating_add(self.messengers.verification.lifetime_ms);
            let mut write = Write::new();
            let validated = threepid_sessions::validate(&mut write, sid, &hash, now_ms, expires_ts);
            let committed = self.store.db.write(write).await.map_err(db::Error::from)?;
            if committed.affected(validated) == 0 && !self.is_validated(sid).await? {
                return Err(SubmitError::Wrong);
            }
        }
        Ok(Submitted { next_link: row.next_link })
    }

    async fn is_validated(&self, sid: &str) -> Result<bool, db::Error> {
        let row = threepid_sessions::find(&self.store.db, sid).await?;
        Ok(row.is_some_and(|row| row.validated_ts.is_some()))
    }
}
