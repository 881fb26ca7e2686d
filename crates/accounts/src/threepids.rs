//! Addresses of users ([spec]): e-mail addresses and phone numbers by which they log in, prove who they are, and are written to.
//!
//! Invariants:
//! - An address is in an account only after somebody has given back what was sent to it, for exactly that: a proof is bound to the
//!   address, the client that has asked ([`ThreepidCredentials`]) and its [`Purpose`], ends, takes few tries, and is used up in
//!   the write that it allows.
//! - Nothing is ever sent to another spelling of an address than the one that is stored.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#adding-account-administrative-contact-information
use db::{Write, WriteError};
use protocol::{Threepid, ids::UserId, threepid::Medium};
use store::{pushers, threepid_sessions, user_threepids};

pub use store::user_threepids::ThreepidRow as UserThreepid;

mod messengers;
mod patterns;
mod proof;
mod request;
mod submit;

pub(crate) use self::request::MESSAGES_WITHIN_MS;
pub use self::{
    messengers::{Messengers, Verification},
    patterns::AddressPattern,
    proof::{Proven, Purpose, ThreepidCredentials},
    request::{Requested, VerificationError, VerificationRequest},
    submit::{SubmitError, Submitted},
};
use crate::{Accounts, Action, Confirmation, Session, commit::Pending};

/// Why an account's addresses were not changed.
#[derive(Debug, thiserror::Error)]
pub enum ThreepidChangeError {
    /// Users cannot change their addresses here.
    #[error("Addresses cannot be changed on this server")]
    NotAllowed,
    /// Something else was confirmed.
    #[error("The change was not confirmed")]
    NotConfirmed,
    /// There is no proof that the address is the user's, or it was used already.
    #[error(
        "The address has not been confirmed: please follow the link in the mail, or type the code, first"
    )]
    NotProven,
    /// The address is in an account already.
    #[error("This address is in use")]
    InUse,
    /// The database failed.
    #[error(transparent)]
    Failed(#[from] db::Error),
}

impl Accounts {
    /// The addresses of a user, in the order in which they were added.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn threepids(&self, user_id: &UserId) -> Result<Vec<UserThreepid>, db::Error> {
        user_threepids::of_user(&self.store.db, user_id).await
    }

    /// Whether users can add and remove addresses.
    #[must_use]
    pub fn allows_threepid_changes(&self) -> bool {
        self.settings.threepid_changes
    }

    /// Whether there is any kind of address that users can add.
    #[must_use]
    pub fn can_verify_addresses(&self) -> bool {
        self.messengers.mail.is_some() || self.messengers.sms.is_some()
    }

    /// Whether these credentials prove that an address may be added: to be asked before the user confirms it.
    ///
    /// # Errors
    /// See [`ThreepidChangeError`].
    pub async fn check_new_threepid(
        &self,
        credentials: &ThreepidCredentials,
    ) -> Result<(), ThreepidChangeError> {
        if !self.settings.threepid_changes {
            return Err(ThreepidChangeError::NotAllowed);
        }
        let proven = self.proven(credentials, Purpose::Add).await?;
        proven.map(drop).ok_or(ThreepidChangeError::NotProven)
    }

    /// Adds an address to the account of the session's user. The proof is used up.
    ///
    /// # Errors
    /// See [`ThreepidChangeError`].
    pub async fn add_threepid(
        &self,
        session: &Session,
        credentials: &ThreepidCredentials,
        confirmation: Confirmation,
    ) -> Result<(), ThreepidChangeError> {
        if !confirmation.allows(Action::AddThreepid, session.user_num) {
            return Err(ThreepidChangeError::NotConfirmed);
        }
        if !self.settings.threepid_changes {
            return Err(ThreepidChangeError::NotAllowed);
        }
        let proven = self.proven(credentials, Purpose::Add).await?;
        let proven = proven.ok_or(ThreepidChangeError::NotProven)?;
        let mut pending = Pending::default();
        let added = self.add_proven_in(&mut pending.write, &session.user_id, &proven);
        match self.commit(pending).await {
            Ok(()) => Ok(()),
            Err(WriteError::Conflict { operation, .. }) if operation == added => {
                Err(ThreepidChangeError::InUse)
            }
            // The only other expectation is that the proof is still there.
            Err(WriteError::Conflict { .. }) => Err(ThreepidChangeError::NotProven),
            Err(error) => Err(db::Error::from(error).into()),
        }
    }

    /// Adds what uses a proof up and puts its address into an account; the operation is rejected if the address is in one.
    pub(crate) fn add_proven_in(
        &self,
        write: &mut Write,
        user_id: &UserId,
        proven: &Proven,
    ) -> db::OperationIndex {
        self.consume_in(write, proven);
        let (threepid, validated_at) = (proven.threepid.clone(), proven.validated_ts);
        let row = UserThreepid { threepid, validated_at, added_at: self.now_ms() };
        let added = user_threepids::insert(write, user_id, &row);
        // What others have under way for it can come to nothing any more.
        threepid_sessions::delete_of_address(write, &proven.threepid);
        added
    }

    /// Removes an address from the account of the session's user, if it is in it, and with it the notifications by mail.
    ///
    /// # Errors
    /// See [`ThreepidChangeError`].
    pub async fn delete_threepid(
        &self,
        session: &Session,
        threepid: &Threepid,
    ) -> Result<(), ThreepidChangeError> {
        if !self.settings.threepid_changes {
            return Err(ThreepidChangeError::NotAllowed);
        }
        let mut write = Write::new();
        user_threepids::delete(&mut write, &session.user_id, threepid);
        threepid_sessions::delete_of_address(&mut write, threepid);
        if threepid.medium() == Medium::Email {
            // Nothing is told any more to an address that is not the user's.
            let (user, address) = (session.user_num, threepid.address());
            pushers::delete_of_user(&mut write, user, pushers::EMAIL_APP_ID, address);
        }
        self.store.db.write(write).await.map_err(db::Error::from)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
