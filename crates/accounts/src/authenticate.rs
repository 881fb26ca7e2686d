//! From an access token to its session.
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use db::WriteError;
use quick_cache::sync::Cache;
use store::{
    access_tokens::{self, Grant},
    sessions::{self, TokenHash},
};

use crate::{Accounts, Session, commit::Pending, tokens};

/// Sessions kept in memory: about 300 bytes each.
const SESSIONS_CACHED: usize = 50_000;

/// How often a session is read again because others were ended meanwhile. Then it is answered with, but not kept.
const READS_MAX: usize = 4;

/// Why an access token is not accepted.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticateError {
    /// There is none: an empty text.
    #[error("Missing access token")]
    Missing,
    /// It is not known, or no longer.
    #[error("Unknown access token")]
    Unknown {
        /// Whether the device still exists, so that the client can keep its data: the token has expired.
        soft_logout: bool,
    },
    /// The database failed.
    #[error(transparent)]
    Failed(#[from] db::Error),
}

/// The sessions in memory.
///
/// Invariant: a session that was ended is not found here once its end was committed. Whoever ends one counts
/// `revision` up before it removes the session; whoever adds one looks at `revision` afterwards, and takes the session
/// out again if it was read before the count.
pub(crate) struct SessionCache {
    sessions: Cache<TokenHash, Arc<Session>>,
    revision: AtomicU64,
}

impl Default for SessionCache {
    fn default() -> Self {
        Self { sessions: Cache::new(SESSIONS_CACHED), revision: AtomicU64::new(0) }
    }
}

impl SessionCache {
    /// To be called once the end of the sessions is durable.
    pub(crate) fn end(&self, tokens: impl IntoIterator<Item = TokenHash>) {
        self.revision.fetch_add(1, Ordering::SeqCst);
        for token in tokens {
            if let Some((_, session)) = self.sessions.remove(&token) {
                session.revoke();
            }
        }
    }

    /// Forgets the sessions of these tokens, or all: they go on, but are read again.
    pub(crate) fn reload(&self, tokens: Option<&[TokenHash]>) {
        let Some(tokens) = tokens else { return self.clear() };
        self.revision.fetch_add(1, Ordering::SeqCst);
        for token in tokens {
            self.sessions.remove(token);
        }
    }

    /// Forgets all sessions: each is read again.
    pub(crate) fn clear(&self) {
        self.revision.fetch_add(1, Ordering::SeqCst);
        self.sessions.clear();
    }
}

impl Accounts {
    /// The session of an access token.
    ///
    /// # Errors
    /// See [`AuthenticateError`].
    pub async fn authenticate(&self, token: &str) -> Result<Arc<Session>, AuthenticateError> {
        if token.trim_ascii().is_empty() {
            return Err(AuthenticateError::Missing);
        }
        let unknown = AuthenticateError::Unknown { soft_logout: false };
        let hash = tokens::hash(token).ok_or(unknown)?;
        let session = match self.sessions.sessions.get(&hash) {
            Some(session) => session,
            None => self.load(&hash).await?,
        };
        if session.is_expired(self.now_ms()) {
            return Err(AuthenticateError::Unknown { soft_logout: session.refreshable });
        }
        Ok(session)
    }

    async fn load(&self, hash: &TokenHash) -> Result<Arc<Session>, AuthenticateError> {
        let mut reads = 0;
        loop {
            reads += 1;
            let revision = self.sessions.revision.load(Ordering::SeqCst);
            let grant = access_tokens::find(&self.store.db, hash).await?;
            let grant = grant.ok_or(AuthenticateError::Unknown { soft_logout: false })?;
            let expired = grant.expires_ts.is_some_and(|expires| expires <= self.now_ms());
            if grant.confirms_refresh && !expired && reads < READS_MAX {
                self.confirm_refresh(hash, &grant).await?;
                continue;
            }
            let session = Arc::new(Session::new(grant));
            self.sessions.sessions.insert(*hash, Arc::clone(&session));
            if self.sessions.revision.load(Ordering::SeqCst) == revision {
                return Ok(session);
            }
            self.sessions.sessions.remove(hash);
            if reads >= READS_MAX {
                return Ok(session);
            }
        }
    }

    /// Notes that the answer of a refresh has arrived: the refresh token that it was asked with is worth nothing from
    /// now on, nor is the access token before it ([spec]).
    ///
    /// [spec]: https://spec.matrix.org/v1.16/client-server-api/#refreshing-access-tokens
    async fn confirm_refresh(&self, hash: &TokenHash, grant: &Grant) -> Result<(), db::Error> {
        let mut pending = Pending::default();
        sessions::successor_used(&mut pending.write, grant.session_id, hash);
        let older =
            access_tokens::delete_before(&mut pending.write, grant.session_id, grant.generation);
        pending.revokes(older);
        match self.commit(pending).await {
            // Taken back meanwhile: the caller reads again and finds out.
            Ok(()) | Err(WriteError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests;
