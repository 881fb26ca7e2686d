//! Asking for users and aliases that do not exist yet: an application service makes them when they are wanted ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/application-service-api/#querying
use std::time::Duration;

use bytes::Bytes;
use http::{Method, StatusCode};
use protocol::ids::{RoomAliasId, UserId};
use tokio::time::timeout;

use crate::{
    Appservices, LinkError, Registration,
    link::{ask, part},
};

/// Somebody waits for the answer: an invitation is not sent before the user could be made.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

impl Appservices {
    /// Lets the application services that may have `user_id` make the user, if nobody has yet. Whether one has.
    ///
    /// # Errors
    /// Fails if the database fails. That an application service does not answer is no error: it has not made the user.
    pub async fn want_user(&self, user_id: &UserId) -> Result<bool, db::Error> {
        let is_wanted = |registration: &Registration| registration.namespaces.has_user(user_id);
        if user_id.server_name() != self.accounts.server_name()
            || !self.registrations.all().iter().any(|registration| is_wanted(registration))
            || self.accounts.user(user_id).await?.is_some()
        {
            return Ok(false);
        }
        let path = format!("/_matrix/app/v1/users/{}", part(user_id.as_str()));
        for registration in self.registrations.all() {
            if is_wanted(registration) && self.has(registration, &path).await {
                return Ok(self.accounts.user(user_id).await?.is_some());
            }
        }
        Ok(false)
    }

    /// Lets the application services that may have `alias` make the room that it leads to. Whether one says that it has.
    pub async fn want_alias(&self, alias: &RoomAliasId) -> bool {
        if alias.server_name() != self.accounts.server_name() {
            return false;
        }
        let path = format!("/_matrix/app/v1/rooms/{}", part(alias.as_str()));
        for registration in self.registrations.all() {
            if registration.namespaces.has_alias(alias) && self.has(registration, &path).await {
                return true;
            }
        }
        false
    }

    /// Whether an application service says that it has what is at `path`.
    async fn has(&self, registration: &Registration, path: &str) -> bool {
        let asking = ask(self.egress.as_ref(), registration, Method::GET, path, Bytes::new());
        match timeout(ANSWER_WITHIN, asking).await {
            Ok(Ok(_)) => true,
            Ok(Err(
                LinkError::NoUrl | LinkError::Refused { status: StatusCode::NOT_FOUND, .. },
            )) => false,
            Ok(Err(error)) => {
                tracing::warn!(%error, appservice = %registration.id, "a query was not answered");
                false
            }
            Err(_) => {
                tracing::warn!(appservice = %registration.id, "a query was not answered in time");
                false
            }
        }
    }
}
