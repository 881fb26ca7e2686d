//! Mails about the end of accounts.
//!
//! A mail is claimed before it is sent, and noted once the SMTP server has taken it. Two nodes never send the same one; after a crash in
//! between, or a failure, it is tried again after [`RETRY_MS`], with another link.
use db::{Write, WriteError};
use mail::{Fault, Kind, Letter, Mailer, in_words};
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

/// How long after the end of an account no mail is tried any more (ms).
const GIVE_UP_MS: i64 = 30 * DAY_MS;

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
    /// The SMTP server has not taken it.
    #[error("The mail could not be sent")]
    Unsent,
    /// The database failed.
    #[error(transparent)]
    Failed(#[from] db::Error),
}

/// What became of a mail.
#[derive(PartialEq, Eq)]
enum Outcome {
    /// It was sent, never can be, or is tried again later.
    Done,
    /// The SMTP server takes none: others are tried later too.
    Down,
}

/// What became of a letter to all addresses of a user.
struct Posted {
    /// Whether one of them has taken it.
    is_taken: bool,
    /// Whether each of them was refused for good.
    is_refused: bool,
    /// Whether the SMTP server takes none.
    is_down: bool,
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
            let since = now_ms.saturating_sub(GIVE_UP_MS);
            let when = (since, until, now_ms.saturating_sub(RETRY_MS));
            let due = account_validity::to_mail(&self.store.db, when, after, PAGE).await?;
            let Some(last) = due.last() else { return Ok(()) };
            after = last.user;
            for ending in &due {
                if self.send_renewal_mail(mail, ending).await? == Outcome::Down {
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
        let addresses = self.addresses(&ending.user_id).await?;
        let posted = deliver(mail, &ending.user_id, &addresses, &letter).await;
        if posted.is_taken || posted.is_refused {
            self.note_mailed(&hash).await?;
        }
        Ok(if posted.is_down { Outcome::Down } else { Outcome::Done })
    }

    async fn note_mailed(&self, hash: &TokenHash) -> Result<(), db::Error> {
        let mut write = Write::new();
        account_validity::set_mailed(&mut write, hash);
        self.store.db.write(write).await?;
        Ok(())
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
        let turn = self.verifying.lock().await;
        let now_ms = self.now_ms();
        let mut write = Write::new();
        for address in &addresses {
            self.check_frequency(address, now_ms).await.map_err(too_often)?;
            let id = tokens::id(&*self.store.entropy);
            threepid_messages::insert(&mut write, id, address, now_ms);
        }
        let (token, hash) = self.renewal_token().ok_or(RenewalMailError::Unsent)?;
        account_validity::set_token(&mut write, session.user_num, &hash, now_ms);
        self.store.db.write(write).await.map_err(|error| match error {
            WriteError::Conflict { .. } => RenewalMailError::Endless,
            error => RenewalMailError::Failed(error.into()),
        })?;
        drop(turn);
        let letter = self.renewal_letter(&session.user_id, ends, &token);
        if !deliver(mail, &session.user_id, &addresses, &letter).await.is_taken {
            return Err(RenewalMailError::Unsent);
        }
        // It takes the place of the one about the end, if that is near.
        if ends <= now_ms.saturating_add(validity.renew_at_ms) {
            self.note_mailed(&hash).await?;
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

/// Sends a letter to all of a user's addresses, as long as the SMTP server is there.
async fn deliver(
    mail: &Mailer,
    user_id: &UserId,
    addresses: &[Threepid],
    letter: &Letter,
) -> Posted {
    let mut posted = Posted { is_taken: false, is_refused: true, is_down: false };
    for address in addresses {
        let Err(error) = mail.send(address.address(), letter).await else {
            posted.is_taken = true;
            continue;
        };
        tracing::warn!(user.id = %user_id, %error, "a mail about the end of an account could not be sent");
        posted.is_refused &= error.fault() == Fault::Address;
        if error.fault() == Fault::Server {
            posted.is_down = true;
            break;
        }
    }
    posted
}

fn too_often(error: VerificationError) -> RenewalMailError {
    match error {
        VerificationError::TooOften { retry_after_ms } => {
            RenewalMailError::TooOften { retry_after_ms }
        }
        VerificationError::Failed(error) => RenewalMailError::Failed(error),
        _ => RenewalMailError::Unsent,
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
