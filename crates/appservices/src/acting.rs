//! Acting: as whom an application service asks ([spec]), and which names are its own.
//!
//! [spec]: https://spec.matrix.org/v1.16/application-service-api/#identity-assertion
use std::sync::Arc;

use accounts::{
    Session,
    appservices::ActError,
    login::{DeviceRequest, Granted, LoginError},
    registration::{RegisterError, Registered},
};
use protocol::ids::{RoomAliasId, UserId, new_local_user_id};

use crate::{Appservices, Registration};

/// As whom an application service wants to act.
#[derive(Clone, Copy, Debug, Default)]
pub struct Masquerade<'a> {
    /// The whole user id; its sender without one.
    pub user_id: Option<&'a str>,
    /// With which of the user's devices (MSC4326).
    pub device_id: Option<&'a str>,
}

/// An application service that has proved to be one.
#[derive(Debug)]
pub struct Acting {
    /// As whom it acts.
    pub session: Arc<Session>,
    /// Whether the rate limits do not apply.
    pub is_unlimited: bool,
}

/// Why an application service cannot act so.
#[derive(Debug, thiserror::Error)]
pub enum MasqueradeError {
    /// The user is not in its namespaces, or not of this server.
    #[error("Application service cannot masquerade as this user ({0})")]
    NotOwned(String),
    /// The account is not as it should be.
    #[error(transparent)]
    Act(#[from] ActError),
}

/// Why an application service does not get an account or a session.
#[derive(Debug, thiserror::Error)]
pub enum NotOwned<E> {
    /// The token is no application service's.
    #[error("This token is not an application service's")]
    Token,
    /// The name is not in its namespaces.
    #[error("This user is not in the application service's namespaces")]
    Namespace,
    /// There is no such user.
    #[error("Application service has not registered this user")]
    Unknown,
    /// Refused for another reason.
    #[error(transparent)]
    Other(#[from] E),
}

impl Appservices {
    /// Who acts with an access token; `None` if the token is no application service's.
    ///
    /// # Errors
    /// See [`MasqueradeError`].
    pub async fn authenticate(
        &self,
        token: &str,
        masquerade: Masquerade<'_>,
    ) -> Result<Option<Acting>, MasqueradeError> {
        let Some(registration) = self.registrations.by_token(token) else { return Ok(None) };
        let parsed;
        let user_id: &UserId = match masquerade.user_id {
            Some(user_id) => {
                let owned = UserId::parse(user_id).ok().filter(|user| registration.owns(user));
                parsed = owned.ok_or_else(|| MasqueradeError::NotOwned(user_id.to_owned()))?;
                &parsed
            }
            None => &registration.sender,
        };
        let id = Arc::clone(&registration.id);
        let session = self.accounts.act_as(user_id, masquerade.device_id, id).await?;
        let is_unlimited = !registration.is_rate_limited || user_id == registration.sender;
        Ok(Some(Acting { session, is_unlimited }))
    }

    /// Makes an account in the namespaces of the application service with this token.
    ///
    /// # Errors
    /// See [`NotOwned`].
    pub async fn register(
        &self,
        token: &str,
        localpart: &str,
        device: Option<DeviceRequest>,
    ) -> Result<Registered, NotOwned<RegisterError>> {
        let registration = self.registrations.by_token(token).ok_or(NotOwned::Token)?;
        // What is no name is refused as such, not as somebody else's.
        if let Ok(user_id) = new_local_user_id(localpart, self.accounts.server_name())
            && !registration.owns(&user_id)
        {
            return Err(NotOwned::Namespace);
        }
        Ok(self.accounts.register_for_appservice(localpart, device).await?)
    }

    /// Opens a session for a user of the application service with this token, who is named by localpart or whole id.
    ///
    /// # Errors
    /// See [`NotOwned`].
    pub async fn login(
        &self,
        token: &str,
        name: &str,
        device: DeviceRequest,
    ) -> Result<Granted, NotOwned<LoginError>> {
        let registration = self.registrations.by_token(token).ok_or(NotOwned::Token)?;
        let user_id = protocol::ids::local_user_id(name, self.accounts.server_name())
            .map_err(|_| NotOwned::Namespace)?;
        if !registration.owns(&user_id) {
            return Err(NotOwned::Namespace);
        }
        let known = self.accounts.user(&user_id).await.map_err(LoginError::Failed)?;
        if known.is_none() {
            return Err(NotOwned::Unknown);
        }
        Ok(self.accounts.login_for_appservice(&user_id, device).await?)
    }

    /// Whether the caller may make, change or delete an alias: an exclusive one only the application service that has it,
    /// and an application service only those of its namespaces.
    #[must_use]
    pub fn may_use_alias(&self, session: &Session, alias: &RoomAliasId) -> bool {
        match self.acting(session) {
            Some(registration) => registration.namespaces.has_alias(alias),
            None => self.registrations.owner_of_alias(alias).is_none(),
        }
    }

    /// The application service that acts in a session.
    #[must_use]
    pub fn acting(&self, session: &Session) -> Option<&Arc<Registration>> {
        session.appservice.as_ref().and_then(|id| self.registrations.by_id(id))
    }
}
