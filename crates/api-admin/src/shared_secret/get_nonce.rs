//! `GET /_synapse/admin/v1/register` ([documentation])
//!
//! [documentation]: https://element-hq.github.io/synapse/latest/admin_api/register_api.html
use accounts::shared_secret::SharedSecretError;
use endpoint::{Auth, Endpoint, Json, Method, RateClass, State, api_error, body};
use serde_json::{Value, json};

use super::{DOCUMENTATION, PATHS};
use crate::App;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: PATHS,
    auth: Auth::None,
    rate: RateClass::Register,
    body_bytes_max: body::NONE,
    spec: DOCUMENTATION,
    summary: "Gives a nonce for one registration with the shared secret.",
};

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Accounts(#[from] SharedSecretError),
}

api_error!(Error: Self::Accounts(_) => UNKNOWN);

pub(crate) async fn handler(State(app): State<App>) -> Result<Json<Value>, Error> {
    let nonce = app.accounts.shared_secret_nonce()?;
    Ok(Json(json!({ "nonce": nonce.expose() })))
}
