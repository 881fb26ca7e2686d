//! `POST /_matrix/client/v3/refresh` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3refresh
use accounts::refresh::RefreshError;
use config::Secret;
use endpoint::{
    Auth, Endpoint, Failure, Json, Method, RateClass, State, body,
    error::{INTERNAL, UNKNOWN_TOKEN, USER_LOCKED},
};
use serde::{Deserialize, Serialize};

use super::secret::Hidden;
use crate::App;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: v3!("/refresh"),
    auth: Auth::None,
    rate: RateClass::Login,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3refresh",
    summary: "Gives new tokens for a refresh token.",
};

#[derive(Deserialize)]
pub(crate) struct Body {
    refresh_token: Hidden,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    access_token: String,
    refresh_token: String,
    expires_in_ms: i64,
}

pub(crate) async fn handler(
    State(app): State<App>,
    Json(body): Json<Body>,
) -> Result<Json<Reply>, Failure> {
    let refresh_token: Secret = body.refresh_token.into();
    let refreshed =
        app.accounts.refresh(refresh_token.expose()).await.map_err(|error| match &error {
            RefreshError::Unknown { soft_logout } => {
                UNKNOWN_TOKEN.from_error(&error).with("soft_logout", *soft_logout)
            }
            RefreshError::Locked => USER_LOCKED.from_error(&error).with("soft_logout", true),
            RefreshError::Failed(_) => INTERNAL.from_error(&error),
        })?;
    Ok(Json(Reply {
        access_token: refreshed.access_token.expose().to_owned(),
        refresh_token: refreshed.refresh_token.expose().to_owned(),
        expires_in_ms: refreshed.expires_in_ms,
    }))
}
