//! `POST /_matrix/client/v1/login/get_token` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv1loginget_token
use accounts::{Action, login_tokens::LoginTokenError};
use endpoint::{
    Auth, Endpoint, Failure, Json, JsonOrEmpty, Method, RateClass, State, api_error, body,
    error::UNRECOGNIZED,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::interactive::{Interactive, Interrupted};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: &[
        "/_matrix/client/v1/login/get_token",
        "/_matrix/client/unstable/org.matrix.msc3882/login/get_token",
    ],
    auth: Auth::User,
    rate: RateClass::Login,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv1loginget_token",
    summary: "Gives a token by which another client of the user logs in once.",
};

#[derive(Deserialize)]
struct Body {}

#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct Error(#[from] LoginTokenError);

api_error!(Error:
    Self(LoginTokenError::NotConfirmed) => FORBIDDEN,
    Self(LoginTokenError::Broken) => INTERNAL,
    Self(LoginTokenError::Failed(_)) => INTERNAL,
);

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    JsonOrEmpty(body): JsonOrEmpty<Map<String, Value>>,
) -> Result<Json<Value>, Interrupted> {
    if !app.accounts.settings().login_tokens {
        return Err(UNRECOGNIZED.because("This server gives no login tokens").into());
    }
    let Interactive { body: Body {}, request, attempt } = Interactive::<Body>::read(body)?;
    let confirmed = app.accounts.confirm(&caller, Action::LetInClient, "", &request, attempt);
    let token = app.accounts.create_login_token(&caller, confirmed.await?).await;
    let token = token.map_err(Error::from).map_err(Failure::from)?;
    Ok(Json(json!({
        "login_token": token.token.expose(),
        "expires_in_ms": token.expires_in_ms,
    })))
}
