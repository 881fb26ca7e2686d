//! Credentials for TURN relays ([spec]), as coturn's `use-auth-secret` checks them: the name says until when they are
//! valid and for whom, the password is the HMAC-SHA1 of the name under the shared secret.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3voipturnserver
use base64::{Engine as _, engine::general_purpose::STANDARD};
use config::Secret;
use hmac::{Hmac, KeyInit as _, Mac as _};
use protocol::ids::UserId;
use sha1::Sha1;

use crate::{Calls, TurnAccess};

/// What a client uses a relay with.
#[derive(Clone, Debug)]
pub struct TurnCredentials {
    /// The relays.
    pub uris: Vec<String>,
    /// The name.
    pub username: String,
    /// The password.
    pub password: Secret,
    /// How long they are valid, in seconds.
    pub lifetime_s: i64,
}

impl Calls {
    /// Credentials for `user`; `None` where no relay is set up.
    #[must_use]
    pub fn turn_credentials(&self, user: &UserId) -> Option<TurnCredentials> {
        let settings = &self.settings;
        if settings.turn_uris.is_empty() {
            return None;
        }
        let (username, password) = match settings.turn_access.as_ref()? {
            TurnAccess::SharedSecret(secret) => {
                let now_s = self.clock.now_ms().div_euclid(1_000);
                let until_s = now_s.saturating_add(settings.turn_lifetime_s);
                let username = format!("{until_s}:{user}");
                let password = password(secret, &username)?;
                (username, password)
            }
            TurnAccess::Static { username, password } => (username.clone(), password.clone()),
        };
        let (uris, lifetime_s) = (settings.turn_uris.clone(), settings.turn_lifetime_s);
        Some(TurnCredentials { uris, username, password, lifetime_s })
    }
}

/// HMAC takes keys of any length: there always is one.
fn password(secret: &Secret, username: &str) -> Option<Secret> {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.expose().as_bytes()).ok()?;
    mac.update(username.as_bytes());
    Some(Secret::new(STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with `openssl dgst -sha1 -hmac north -binary | base64`.
    #[test]
    fn passwords_are_what_coturn_expects() {
        let made = password(&Secret::new("north"), "1433895918:@alice:example.org").unwrap();
        assert_eq!(made.expose(), "U1hnS4Fn7mbCvacwlDvVjDlUr5M=");
    }
}
