//! What a client gets that has logged in.
use accounts::Granted;
use serde::Serialize;

/// A new session.
#[derive(Serialize)]
pub(crate) struct Grant {
    user_id: String,
    device_id: String,
    access_token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in_ms: Option<i64>,
}

impl From<Granted> for Grant {
    fn from(granted: Granted) -> Self {
        Self {
            user_id: granted.user_id.to_string(),
            device_id: granted.device_id.to_string(),
            access_token: granted.access_token.expose().to_owned(),
            refresh_token: granted.refresh_token.map(|token| token.expose().to_owned()),
            expires_in_ms: granted.expires_in_ms,
        }
    }
}
