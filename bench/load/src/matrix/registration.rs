//! Two ways to make an account: open registration, and Synapse's shared secret.

use std::time::Duration;

use anyhow::{Context, bail};
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use hyper::Method;
use serde_json::{Value, json};
use sha1::Sha1;

use super::{Matrix, User};
use crate::http::Body;

/// How accounts are made.
#[derive(Clone, Debug)]
pub enum Registration {
    /// `POST /v3/register` with the `m.login.dummy` stage, in two steps as clients do it.
    Open,
    /// `/_synapse/admin/v1/register`: a nonce, and an HMAC-SHA1 under the shared secret.
    SharedSecret(String),
}

const OPEN_PATH: &str = "/_matrix/client/v3/register";
const SECRET_PATH: &str = "/_synapse/admin/v1/register";

impl Matrix {
    /// Makes an account and logs it in.
    ///
    /// # Errors
    /// When the server refuses, or has no such way to register.
    pub async fn register(
        &self,
        registration: &Registration,
        localpart: &str,
        password: &str,
    ) -> anyhow::Result<User> {
        let answer = match registration {
            Registration::Open => self.register_openly(localpart, password).await?,
            Registration::SharedSecret(secret) => {
                self.register_by_secret(secret, localpart, password).await?
            }
        };
        let field = |name: &str| {
            let text = answer.get(name).and_then(Value::as_str);
            text.map(str::to_owned).with_context(|| format!("registration without {name}"))
        };
        let (id, token) = (field("user_id")?, field("access_token")?);
        Ok(User { id, localpart: localpart.to_owned(), token })
    }

    async fn register_openly(&self, localpart: &str, password: &str) -> anyhow::Result<Value> {
        let mut body = json!({"username": localpart, "password": password});
        let json = Body::Json(serde_json::to_vec(&body)?);
        let first = self.http.request(Method::POST, OPEN_PATH, None, json, Duration::ZERO).await?;
        if first.status != 401 {
            return Ok(serde_json::from_slice(&first.success()?)?);
        }
        let challenge: Value = serde_json::from_slice(&first.body)?;
        let Some(session) = challenge.get("session") else {
            bail!("registration asks for authentication without a session")
        };
        body["auth"] = json!({"type": "m.login.dummy", "session": session});
        Ok(serde_json::from_slice(&self.post(OPEN_PATH, None, &body).await?)?)
    }

    async fn register_by_secret(
        &self,
        secret: &str,
        localpart: &str,
        password: &str,
    ) -> anyhow::Result<Value> {
        let nonce = super::text_field(&self.get(SECRET_PATH, None).await?, "nonce")?;
        let body = json!({
            "nonce": nonce,
            "username": localpart,
            "password": password,
            "admin": false,
            "mac": secret_mac(secret, &nonce, localpart, password)?,
        });
        Ok(serde_json::from_slice(&self.post(SECRET_PATH, None, &body).await?)?)
    }
}

/// Synapse's admin API, "Shared-Secret Registration": the fields joined by NUL, in hexadecimal.
fn secret_mac(secret: &str, nonce: &str, user: &str, password: &str) -> anyhow::Result<String> {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes())?;
    mac.update(format!("{nonce}\0{user}\0{password}\0notadmin").as_bytes());
    Ok(format!("{:x}", Bytes::copy_from_slice(&mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_mac_is_the_one_of_the_admin_api() {
        // python3 -c 'import hmac; print(hmac.new(b"s", b"n\0u\0p\0notadmin", "sha1").hexdigest())'
        let mac = super::secret_mac("s", "n", "u", "p").unwrap();
        assert_eq!(mac, "26f3059760aebb1bcdcebc65f1bcb7b75691a8d6");
    }
}
