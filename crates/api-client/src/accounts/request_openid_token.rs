//! `POST /_matrix/client/v3/user/{user}/openid/request_token` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3useruseridopenidrequest_token
use accounts::openid::OpenIdError;
use endpoint::{
    Auth, Endpoint, Json, JsonOrEmpty, Method, Path, RateClass, State, api_error, body,
};
use protocol::ids::OwnedUserId;
use serde_json::{Map, Value, json};

use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: v3!("/user/{user}/openid/request_token"),
    auth: Auth::User,
    rate: RateClass::Write,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3useruseridopenidrequest_token",
    summary: "Gives a token by which another service learns who the user is.",
};

#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct Error(#[from] OpenIdError);

api_error!(Error:
    Self(OpenIdError::NotYours) => FORBIDDEN,
    Self(OpenIdError::Broken) => INTERNAL,
    Self(OpenIdError::Failed(_)) => INTERNAL,
);

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<OwnedUserId>,
    JsonOrEmpty(_): JsonOrEmpty<Map<String, Value>>,
) -> Result<Json<Value>, Error> {
    let token = app.accounts.request_openid_token(&caller, &user).await?;
    Ok(Json(json!({
        "access_token": token.token.expose(),
        "token_type": "Bearer",
        "matrix_server_name": app.settings.server_name,
        "expires_in": token.expires_in_ms / 1_000,
    })))
}
