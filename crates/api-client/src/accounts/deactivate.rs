//! `POST /_matrix/client/v3/account/deactivate` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3accountdeactivate
use accounts::{Action, DeactivateError};
use endpoint::{
    Auth, Endpoint, Failure, Json, JsonOrEmpty, Method, RateClass, State, api_error, body,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::interactive::{Interactive, Interrupted};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: v3!("/account/deactivate"),
    auth: Auth::User,
    rate: RateClass::Login,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3accountdeactivate",
    summary: "Closes the account of the user for good.",
};

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    erase: bool,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Deactivate(#[from] DeactivateError),
}

api_error!(Error:
    Self::Deactivate(DeactivateError::NotConfirmed) => FORBIDDEN,
    Self::Deactivate(DeactivateError::Failed(_)) => INTERNAL,
);

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    JsonOrEmpty(body): JsonOrEmpty<Map<String, Value>>,
) -> Result<Json<Value>, Interrupted> {
    let Interactive { body, request, attempt } = Interactive::<Body>::read(body)?;
    let session = &caller.0;
    let action = Action::Deactivate;
    let confirmation = app.accounts.confirm(session, action, "", &request, attempt).await?;
    let closed = app.accounts.deactivate(session, body.erase, confirmation).await;
    closed.map_err(Error::from).map_err(Failure::from)?;
    // No identity server knows this user from us: there was nothing to unbind.
    Ok(Json(json!({ "id_server_unbind_result": "success" })))
}
