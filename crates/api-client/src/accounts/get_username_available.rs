//! `GET /_matrix/client/v3/register/available` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3registeravailable
use accounts::RegistrationMode;
use endpoint::{
    Auth, Endpoint, Failure, Json, Method, Query, RateClass, State, body, error::FORBIDDEN,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::register::name_kind;
use crate::App;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/register/available"),
    auth: Auth::None,
    rate: RateClass::Register,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3registeravailable",
    summary: "Tells whether a user name can be had.",
};

#[derive(Deserialize)]
pub(crate) struct Parameters {
    username: String,
}

pub(crate) async fn handler(
    State(app): State<App>,
    Query(parameters): Query<Parameters>,
) -> Result<Json<Value>, Failure> {
    if app.accounts.settings().registration == RegistrationMode::Closed {
        return Err(FORBIDDEN.because("Registration is disabled on this server"));
    }
    let available = app.accounts.check_available(&parameters.username).await;
    available.map_err(|error| name_kind(&error).from_error(&error))?;
    Ok(Json(json!({ "available": true })))
}
