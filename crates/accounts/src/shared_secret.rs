//! Accounts made by programs that know a secret of the configuration, as Synapse has it ([documentation]).
//!
//! [documentation]: https://element-hq.github.io/synapse/latest/admin_api/register_api.html
use std::fmt;

use config::Secret;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

use crate::{
    Accounts,
    administration::{CreateError, NewUser},
    login::{DeviceRequest, Granted},
};

/// What such a program asks for.
pub struct SharedSecretRequest {
    /// The nonce it was given.
    pub nonce: String,
    /// The localpart of the new user.
    pub username: String,
    /// The user's password.
    pub password: Secret,
    /// What the user is called; their localpart without it.
    pub displayname: Option<String>,
    /// Whether the user is to be an administrator.
    pub admin: bool,
    /// The kind of user, `None` for people.
    pub user_type: Option<String>,
    /// HMAC-SHA1 over nonce, name, password, `admin` or `notadmin` and, if there is one, the kind of user, with zero
    /// bytes between them; in hexadecimal digits.
    pub mac: String,
}

impl fmt::Debug for SharedSecretRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedSecretRequest")
            .field("username", &self.username)
            .field("admin", &self.admin)
            .finish_non_exhaustive()
    }
}

/// Why no account was made.
#[derive(Debug, thiserror::Error)]
pub enum SharedSecretError {
    /// The configuration has no shared secret.
    #[error("Shared secret registration is not enabled")]
    Disabled,
    /// The nonce is not known, or was used.
    #[error("unrecognised nonce")]
    Nonce,
    /// A name or password with a zero byte could be read in two ways.
    #[error("A name or password cannot have a zero byte")]
    ZeroByte,
    /// The program does not know the secret.
    #[error("HMAC incorrect")]
    Mac,
    /// The user could not be created.
    #[error(transparent)]
    Create(#[from] CreateError),
}

impl Accounts {
    /// A nonce for one request, valid for a minute.
    ///
    /// # Errors
    /// [`SharedSecretError::Disabled`].
    pub fn shared_secret_nonce(&self) -> Result<Secret, SharedSecretError> {
        if self.settings.shared_secret.is_none() {
            return Err(SharedSecretError::Disabled);
        }
        Ok(self.nonces.give(&*self.store.entropy, self.now_ms()))
    }

    /// Makes the account and logs it in.
    ///
    /// # Errors
    /// See [`SharedSecretError`].
    pub async fn register_with_shared_secret(
        &self,
        request: SharedSecretRequest,
    ) -> Result<Granted, SharedSecretError> {
        let secret = self.settings.shared_secret.as_ref().ok_or(SharedSecretError::Disabled)?;
        if !self.nonces.take(&request.nonce, self.now_ms()) {
            return Err(SharedSecretError::Nonce);
        }
        let texts = [
            Some(request.username.as_str()),
            Some(request.password.expose()),
            request.user_type.as_deref(),
        ];
        if texts.into_iter().flatten().any(|text| text.contains('\0')) {
            return Err(SharedSecretError::ZeroByte);
        }
        if !mac_fits(secret, &request) {
            return Err(SharedSecretError::Mac);
        }
        let user = NewUser {
            name: request.username,
            password: Some(request.password),
            displayname: request.displayname,
            admin: request.admin,
            user_type: request.user_type,
        };
        Ok(self.create_user_and_log_in(user, DeviceRequest::default()).await?)
    }
}

/// Compares in constant time.
fn mac_fits(secret: &Secret, request: &SharedSecretRequest) -> bool {
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(secret.expose().as_bytes()) else {
        return false;
    };
    let Some(given) = hexadecimal(&request.mac) else { return false };
    mac.update(request.nonce.as_bytes());
    for part in [
        request.username.as_str(),
        request.password.expose(),
        if request.admin { "admin" } else { "notadmin" },
    ] {
        mac.update(b"\0");
        mac.update(part.as_bytes());
    }
    if let Some(user_type) = &request.user_type {
        mac.update(b"\0");
        mac.update(user_type.as_bytes());
    }
    mac.verify_slice(&given).is_ok()
}

fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    if text.len() > 64 || !text.len().is_multiple_of(2) {
        return None;
    }
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let pairs = digits?;
    pairs.chunks_exact(2).map(|pair| Some(pair.first()? << 4 | pair.last()?)).collect()
}

#[cfg(test)]
mod tests;
