//! `POST /_synapse/admin/v1/register` ([documentation])
//!
//! [documentation]: https://element-hq.github.io/synapse/latest/admin_api/register_api.html
use accounts::{
    administration::CreateError,
    shared_secret::{SharedSecretError, SharedSecretRequest},
    usernames::NameError,
};
use config::Secret;
use endpoint::{Auth, Endpoint, Json, Method, RateClass, State, api_error, body};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{DOCUMENTATION, PATHS};
use crate::App;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: PATHS,
    auth: Auth::SharedSecret,
    rate: RateClass::Register,
    body_bytes_max: body::SMALL,
    spec: DOCUMENTATION,
    summary: "Makes an account for a program that knows the shared secret.",
};

#[derive(Deserialize)]
pub(crate) struct Body {
    nonce: String,
    username: String,
    password: String,
    displayname: Option<String>,
    #[serde(default)]
    admin: bool,
    user_type: Option<String>,
    mac: String,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Accounts(#[from] SharedSecretError),
}

api_error!(Error:
    Self::Accounts(SharedSecretError::Disabled | SharedSecretError::Nonce) => UNKNOWN,
    Self::Accounts(SharedSecretError::ZeroByte) => INVALID_PARAM,
    Self::Accounts(SharedSecretError::Mac) => FORBIDDEN,
    Self::Accounts(SharedSecretError::Create(CreateError::Name(NameError::InUse))) => USER_IN_USE,
    Self::Accounts(SharedSecretError::Create(CreateError::Name(
        NameError::Invalid(_)
        | NameError::Digits
        | NameError::Underscore
        | NameError::Claimed
        | NameError::Reserved,
    ))) => INVALID_USERNAME,
    Self::Accounts(SharedSecretError::Create(CreateError::Name(NameError::Failed(_)))) => INTERNAL,
    Self::Accounts(SharedSecretError::Create(CreateError::Password(_))) => WEAK_PASSWORD,
    Self::Accounts(SharedSecretError::Create(
        CreateError::Invalid
            | CreateError::Token
            | CreateError::AddressInUse
            | CreateError::NotProven,
    )) => INVALID_PARAM,
    Self::Accounts(SharedSecretError::Create(CreateError::Busy)) => UNAVAILABLE,
    Self::Accounts(SharedSecretError::Create(
        CreateError::Login(_) | CreateError::Broken(_) | CreateError::Failed(_),
    )) => INTERNAL,
);

pub(crate) async fn handler(
    State(app): State<App>,
    Json(body): Json<Body>,
) -> Result<Json<Value>, Error> {
    let granted = app
        .accounts
        .register_with_shared_secret(SharedSecretRequest {
            nonce: body.nonce,
            username: body.username,
            password: Secret::new(body.password),
            displayname: body.displayname,
            admin: body.admin,
            user_type: body.user_type,
            mac: body.mac,
        })
        .await?;
    Ok(Json(json!({
        "access_token": granted.access_token.expose(),
        "user_id": granted.user_id,
        "home_server": app.accounts.server_name(),
        "device_id": granted.device_id,
    })))
}
