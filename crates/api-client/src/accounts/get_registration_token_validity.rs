//! `GET /_matrix/client/v1/register/m.login.registration_token/validity` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv1registermloginregistration_tokenvalidity
use accounts::RegistrationMode;
use endpoint::{Auth, Endpoint, Json, Method, Query, RateClass, State, api_error, body};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::App;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &["/_matrix/client/v1/register/m.login.registration_token/validity"],
    auth: Auth::None,
    rate: RateClass::Register,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv1registermloginregistration_tokenvalidity",
    summary: "Tells whether an account can be made with a registration token.",
};

#[derive(Deserialize)]
pub(crate) struct Parameters {
    token: String,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("Registration is disabled on this server")]
    Closed,
    #[error(transparent)]
    Failed(#[from] db::Error),
}

api_error!(Error:
    Self::Closed => FORBIDDEN,
    Self::Failed(_) => INTERNAL,
);

pub(crate) async fn handler(
    State(app): State<App>,
    Query(parameters): Query<Parameters>,
) -> Result<Json<Value>, Error> {
    if app.accounts.settings().registration == RegistrationMode::Closed {
        return Err(Error::Closed);
    }
    let valid = app.accounts.is_registration_token_valid(&parameters.token).await?;
    Ok(Json(json!({ "valid": valid })))
}
