//! Mails about the end of accounts.
//!
//! A mail is claimed before it is sent, and noted once the SMTP server has taken it. Two nodes never send the same one; after a crash in
//! between, or a failure, it is tried again after [`RETRY_MS`], with another link.
use db::{Write, WriteError};
use mail::{Kind, Letter, Mailer, in_words};
use protocol::{Threepid, ids::UserId, threepid::Medium};
use store::{
    UserNum,
    account_validity::{self, Ending},
    sessions::TokenHash,
    threepid_messages, user_threepids,
};

use crate::{Accounts, Session, threepids::VerificationError, tokens};

/// After which time a mail that was begun and not sent is tried again (ms).
const RETRY_MS: i64 = 3_600_000;

/// How many users are looked for at once.
const PAGE: i64 = 100;

const DAY_MS: i64 = 86_400_000;
const HOUR_MS: i64 = 3_600_000;

/// Why a mail that a user has asked for was not sent.
#[derive(Debug, thiserror::Error)]
pub enum RenewalMailError {
    /// The account does not end.
    #[error("This account does not end")]
    Endless,
    /// No mail can be sent, or the user has no address.
    #[error("There is no e-mail address to which a mail could be sent")]
    NoAddress,
    /// Too many mails were sent to the address.
    #[error("Too many mails were sent to this address")]
    TooOften {
        /// After which time there may be another one (ms).
        retry_after_ms: u64,
    },
    /// Too many mails wait to be sent.
    #[error("The server is busy")]
    Busy,
    /// The database failed.
    #[error(transparent)]
    Failed(#[from] db::Error),
}

/// What became of a mail.
enum Outcome {
    /// It was sent, or never can be.
    Done,
    /// It is to be tried again.
    Failed,
}

impl Accounts {
    /// Sends the mails that are due. To be called every minute or so.
    ///
    /// # Errors
    /// Fails if the database fails. If the SMTP server fails, the rest waits for a later call.
    pub async fn send_renewal_mails(&self) -> Result<(), db::Error> {
        let (Some(validity), Some(mail)) = (self.settings.validity, &self.messengers.mail) else {
            return Ok(());
        };
        let mut after = UserNum(0);
        loop {
            let now_ms = self.now_ms();
            let until = now_ms.saturating_add(validity.renew_at_ms);
            let when = (until, now_ms.saturating_sub(RETRY_MS));
            let due = account_validity::to_mail(&self.store.db, when, after, PAGE).await?;
            let Some(last) = due.last() else { return Ok(()) };
            after = last.user;
            for ending in &due {
                if matches!(self.send_renewal_mail(mail, ending).await?, Outcome::Failed) {
                    return Ok(());
                }
            }
        }
    }

    async fn send_renewal_mail(
        &self,
        mail: &Mailer,
        ending: &Ending,
    ) -> Result<Outcome, db::Error> {
        if self.claimed.is_claimed(&ending.user_id) {
            return Ok(Outcome::Done);
        }
        let Some((token, hash)) = self.renewal_token() else { return Ok(Outcome::Done) };
        let now_ms = self.now_ms();
        let mut write = Write::new();
        let when = (now_ms, now_ms.saturating_sub(RETRY_MS));
        account_validity::claim(&mut write, ending.user, &hash, when);
        match self.store.db.write(write).await {
            Ok(_) => {}
            // Another node was faster, or the account was renewed.
            Err(WriteError::Conflict { .. }) => return Ok(Outcome::Done),
            Err(error) => return Err(error.into()),
        }
        let letter = self.renewal_letter(&ending.user_id, ending.expires_ts, &token);
        for address in self.addresses(&ending.user_id).await? {
            if let Err(error) = mail.send(address.address(), &letter).await {
                tracing::warn!(user.id = %ending.user_id, %error, "a mail about the end of an account could not be sent");
                if error.may_pass() {
                    return Ok(Outcome::Failed);
                }
            }
        }
        let mut write = Write::new();
        account_validity::set_mailed(&mut write, &hash);
        self.store.db.write(write).await?;
        Ok(Outcome::Done)
    }

    /// Sends a mail that renews the account to the session's user, who has asked for it.
    ///
    /// # Errors
    /// See [`RenewalMailError`].
    pub async fn request_renewal_mail(&self, session: &Session) -> Result<(), RenewalMailError> {
        let validity = self.settings.validity.ok_or(RenewalMailError::Endless)?;
        let ends = account_validity::expiry(&self.store.db, session.user_num).await?;
        let ends = ends.ok_or(RenewalMailError::Endless)?;
        let mail = self.messengers.mail.as_ref().ok_or(RenewalMailError::NoAddress)?;
        let addresses = self.addresses(&session.user_id).await?;
        if addresses.is_empty() {
            return Err(RenewalMailError::NoAddress);
        }
        // One at a time: who asks a hundred times at once gets no more mails than one after the other.
        let _turn = self.verifying.lock().await;
        let now_ms = self.now_ms();
        let mut write = Write::new();
        for address in &addresses {
            self.check_frequency(address, now_ms).await.map_err(too_often)?;
            let id = tokens::id(&*self.store.entropy);
            threepid_messages::insert(&mut write, id, address, now_ms);
        }
        let (token, hash) = self.renewal_token().ok_or(RenewalMailError::Busy)?;
        let until = now_ms.saturating_add(validity.renew_at_ms);
        account_validity::set_token(&mut write, session.user_num, &hash, (now_ms, until));
        self.store.db.write(write).await.map_err(|error| match error {
            WriteError::Conflict { .. } => RenewalMailError::Endless,
            error => RenewalMailError::Failed(error.into()),
        })?;
        let letter = self.renewal_letter(&session.user_id, ends, &token);
        for address in addresses {
            let posted = mail.post(address.address().to_owned(), letter.clone());
            posted.map_err(|_| RenewalMailError::Busy)?;
        }
        Ok(())
    }

    fn renewal_token(&self) -> Option<(String, TokenHash)> {
        let token = entropy::token(&*self.store.entropy, 32);
        let hash = tokens::hash(&token)?;
        Some((token, hash))
    }

    fn renewal_letter(&self, user_id: &UserId, expires_ts: i64, token: &str) -> Letter {
        let base = &self.messengers.verification.base_url;
        let link = format!("{base}/_longhouse/client/v1/account_validity/renew?token={token}");
        Letter::new(Kind::Renewal)
            .with("user_id", user_id.as_str())
            .with("link", link)
            .with("remaining", remaining(expires_ts.saturating_sub(self.now_ms())))
    }

    async fn addresses(&self, user_id: &UserId) -> Result<Vec<Threepid>, db::Error> {
        let rows = user_threepids::of_user(&self.store.db, user_id).await?;
        let addresses = rows.into_iter().map(|row| row.threepid);
        Ok(addresses.filter(|threepid| threepid.medium() == Medium::Email).collect())
    }
}

fn too_often(error: VerificationError) -> RenewalMailError {
    match error {
        VerificationError::TooOften { retry_after_ms } => {
            RenewalMailError::TooOften { retry_after_ms }
        }
        VerificationError::Failed(error) => RenewalMailError::Failed(error),
        _ => RenewalMailError::Busy,
    }
}

/// How much is left, rounded to what people say; empty if nothing is.
fn remaining(ms: i64) -> String {
    let to = |unit: i64| in_words(ms.saturating_add(unit / 2) / unit * unit);
    match ms {
        ..=0 => String::new(),
        ms if ms >= 2 * DAY_MS => to(DAY_MS),
        ms if ms >= 2 * HOUR_MS => to(HOUR_MS),
        ms => in_words(ms),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_said_in_round_numbers() {
        for (ms, words) in [
            (-1, ""),
            (0, ""),
            (60_000, "1 minute"),
            (2 * HOUR_MS - 1, "119 minutes"),
            (5 * HOUR_MS - 7, "5 hours"),
            (DAY_MS, "1 day"),
            (7 * DAY_MS - 12_345, "7 days"),
        ] {
            assert_eq!(remaining(ms), words, "{ms}");
        }
    }
}
