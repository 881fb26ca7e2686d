//! Closing an account ([spec]). It is for good: the name stays taken.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3accountdeactivate
use std::sync::Arc;

use store::{IgnoredUsers, account_data, account_validity, profiles, user_threepids, users};

use crate::{Accounts, Action, Confirmation, Session, User, commit::Pending};

/// Why an account was not closed.
#[derive(Debug, thiserror::Error)]
pub enum DeactivateError {
    /// Something else was confirmed.
    #[error("The deactivation was not confirmed")]
    NotConfirmed,
    /// The database failed.
    #[error(transparent)]
    Failed(#[from] db::Error),
}

impl Accounts {
    /// Closes the account of the session's user: ends all sessions, removes devices with their keys, the password and the
    /// account data; with `erase` the profile too. Then the user leaves their rooms.
    ///
    /// # Errors
    /// See [`DeactivateError`].
    pub async fn deactivate(
        &self,
        session: &Session,
        erase: bool,
        confirmation: Confirmation,
    ) -> Result<(), DeactivateError> {
        if !confirmation.allows(Action::Deactivate, session.user_num) {
            return Err(DeactivateError::NotConfirmed);
        }
        if let Some(user) = self.user(&session.user_id).await? {
            self.close_account(&user, erase).await?;
        }
        Ok(())
    }

    pub(crate) async fn close_account(&self, user: &User, erase: bool) -> Result<(), db::Error> {
        let mut pending = Pending::default();
        users::deactivate(&mut pending.write, user.user_num, erase);
        account_data::delete_of_user(&mut pending.write, user.user_num);
        account_validity::delete(&mut pending.write, user.user_num);
        user_threepids::delete_of_user(&mut pending.write, &user.name);
        let (ignores, user_num) = (Arc::clone(&self.store.ignores), user.user_num);
        pending.then(move |_| {
            ignores.set(user_num, i64::MAX, IgnoredUsers::new());
            Vec::new()
        });
        if erase {
            let position = self.profile_change(&mut pending, user.user_num).await?;
            profiles::clear(&mut pending.write, user.user_num, &position);
        }
        self.delete_all_in(&mut pending, user, None).await?;
        self.commit(pending).await?;
        // Runs to its end even if the client hangs up.
        let (observer, user_id) = (Arc::clone(&self.observer), user.name.clone());
        let closed = tokio::spawn(async move { observer.account_closed(&user_id).await }).await;
        closed.map_err(|_| db::Error::inconsistent("the departure from rooms was broken off"))
    }
}
