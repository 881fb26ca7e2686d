//! Logging out ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3logout
use crate::{Accounts, Session, commit::Pending};

impl Accounts {
    /// Ends a session, and removes its device.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn logout(&self, session: &Session) -> Result<(), db::Error> {
        let mut pending = Pending::default();
        pending.delete_session(session.session_id);
        if let Some(device) = session.device() {
            let devices = [device.as_str().to_owned()];
            let (user, user_id) = (session.user_num, &session.user_id);
            self.delete_devices_in(&mut pending, user, user_id, &devices).await?;
        }
        Ok(self.commit(pending).await?)
    }

    /// Ends all sessions of the session's user, this one too, and removes all their devices.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn logout_all(&self, session: &Session) -> Result<(), db::Error> {
        let mut pending = Pending::default();
        if let Some(user) = self.user(&session.user_id).await? {
            self.delete_all_in(&mut pending, &user, None).await?;
        }
        Ok(self.commit(pending).await?)
    }
}
