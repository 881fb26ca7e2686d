//! Accounts that end unless they are renewed. An account that has ended is as it was, but its user can only log out, or have a mail
//! sent that renews it.
use config::Lifetime;
use db::{Write, WriteError};
use protocol::ids::UserId;
use store::{UserNum, access_tokens, account_validity};

mod mails;

pub use self::mails::RenewalMailError;
use crate::{Accounts, Session, User, administration::AdministrationError, tokens};

/// How many accounts get an end in one write.
const BEGUN_AT_ONCE: i64 = 500;

/// For how long accounts are valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// From when an account was made or renewed on (ms).
    pub period_ms: i64,
    /// How long before the end a mail asks to renew it (ms).
    pub renew_at_ms: i64,
    /// Within which time accounts end that were there before (ms).
    pub spread_ms: i64,
}

impl Validity {
    /// As it is configured; `None` where accounts do not end.
    #[must_use]
    pub fn new(section: &config::AccountValidity) -> Option<Self> {
        let period_ms = section.period?.as_ms_i64();
        let spread_ms = section.startup_spread.map_or(period_ms / 10, Lifetime::as_ms_i64);
        Some(Self { period_ms, renew_at_ms: section.renew_at.as_ms_i64(), spread_ms })
    }
}

/// Until when an administrator renews an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// For the configured time from now on.
    Usual,
    /// For so long from now on (ms).
    For(i64),
    /// Until then (Unix ms).
    Until(i64),
}

/// Why an account was not renewed.
#[derive(Debug, thiserror::Error)]
pub enum RenewError {
    /// Accounts do not end here.
    #[error("Accounts do not end on this server: account_validity.period is not set")]
    Off,
    /// The link is not known, or was used already.
    #[error("The link is not valid")]
    Link,
    /// There is no such account, or it was closed.
    #[error(transparent)]
    Account(AdministrationError),
    /// The database failed.
    #[error(transparent)]
    Failed(#[from] db::Error),
}

impl From<AdministrationError> for RenewError {
    fn from(error: AdministrationError) -> Self {
        match error {
            AdministrationError::Failed(error) => Self::Failed(error),
            error => Self::Account(error),
        }
    }
}

impl Accounts {
    /// Whether the account of a session has ended. That is known from memory until it has; from then on each call looks into the
    /// database, so that a renewal counts at once.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn has_expired(&self, session: &Session) -> Result<bool, db::Error> {
        let ends = self.settings.validity.and(session.account_expires_ts);
        let is_over = ends.is_some_and(|ends| ends <= self.now_ms());
        if !is_over || session.is_admin || self.claimed.is_claimed(&session.user_id) {
            return Ok(false);
        }
        if account_validity::is_over(&self.store.db, session.user_num, self.now_ms()).await? {
            return Ok(true);
        }
        self.reread_sessions(session.user_num).await?;
        Ok(false)
    }

    /// When a new account ends (Unix ms), if it does.
    pub(crate) fn first_expiry(&self, user: &User) -> Option<i64> {
        let validity = self.settings.validity?;
        let ends = !user.admin && !user.is_guest && !self.is_exempt(user);
        ends.then(|| self.now_ms().saturating_add(validity.period_ms))
    }

    /// Gives the accounts an end that should have one: those that were made before accounts ended here, and those of former
    /// administrators. To be called at the start, and every hour or so.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn begin_validity(&self) -> Result<(), db::Error> {
        let Some(validity) = self.settings.validity else { return Ok(()) };
        let mut after = UserNum(0);
        loop {
            let users = account_validity::without_end(&self.store.db, after, BEGUN_AT_ONCE).await?;
            let Some(behind) = users.last() else { break };
            after = *behind;
            let last = self.now_ms().saturating_add(validity.period_ms);
            let mut write = Write::new();
            for user in users {
                account_validity::begin(
                    &mut write,
                    user,
                    last.saturating_sub(self.share(validity)),
                );
            }
            self.store.db.write(write).await?;
        }
        if after != UserNum(0) {
            // Read again, they know of it.
            self.sessions.clear();
        }
        Ok(())
    }

    /// A random part of the time within which accounts end that were there before (ms).
    fn share(&self, validity: Validity) -> i64 {
        let spread = validity.spread_ms.max(0).unsigned_abs();
        let share = entropy::number(&*self.store.entropy) % spread.saturating_add(1);
        i64::try_from(share).unwrap_or_default()
    }

    /// Renews an account for an administrator. Until when it is valid then (Unix ms).
    ///
    /// # Errors
    /// See [`RenewError`].
    pub async fn renew(&self, user_id: &UserId, renewal: Renewal) -> Result<i64, RenewError> {
        let validity = self.settings.validity.ok_or(RenewError::Off)?;
        let user = self.active_user(user_id).await?;
        let expires_ts = match renewal {
            Renewal::Usual => self.now_ms().saturating_add(validity.period_ms),
            Renewal::For(ms) => self.now_ms().saturating_add(ms),
            Renewal::Until(ts) => ts,
        };
        self.set_expiry(user.user_num, expires_ts, Write::new()).await?;
        Ok(expires_ts)
    }

    /// Renews the account that the link of a mail is for, once. Until when it is valid then (Unix ms).
    ///
    /// # Errors
    /// See [`RenewError`].
    pub async fn renew_by_link(&self, token: &str) -> Result<i64, RenewError> {
        let validity = self.settings.validity.ok_or(RenewError::Off)?;
        let hash = tokens::hash(token).ok_or(RenewError::Link)?;
        let user = account_validity::find_by_token(&self.store.db, &hash).await?;
        let user = user.ok_or(RenewError::Link)?;
        let expires_ts = self.now_ms().saturating_add(validity.period_ms);
        let mut write = Write::new();
        account_validity::consume(&mut write, &hash);
        self.set_expiry(user, expires_ts, write).await?;
        Ok(expires_ts)
    }

    async fn set_expiry(
        &self,
        user: UserNum,
        expires_ts: i64,
        mut write: Write,
    ) -> Result<(), RenewError> {
        account_validity::renew(&mut write, user, expires_ts);
        match self.store.db.write(write).await {
            Ok(_) => {}
            // The only expectation is that of the token.
            Err(WriteError::Conflict { .. }) => return Err(RenewError::Link),
            Err(error) => return Err(db::Error::from(error).into()),
        }
        Ok(self.reread_sessions(user).await?)
    }

    /// Lets the sessions of a user be read again: they know then when the account ends.
    async fn reread_sessions(&self, user: UserNum) -> Result<(), db::Error> {
        let tokens = access_tokens::of_user(&self.store.db, user).await;
        self.sessions.reload(tokens.as_deref().ok());
        tokens.map(drop)
    }
}

#[cfg(test)]
mod tests;
