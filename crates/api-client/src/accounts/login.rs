//! `POST /_matrix/client/v3/login` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3login
use accounts::login::{DeviceRequest, LoginError};
use config::Secret;
use endpoint::{Auth, Endpoint, Json, Method, RateClass, State, api_error, body};
use serde::Deserialize;

use super::{granted::Grant, identifier::Identifier, secret::Hidden};
use crate::App;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: v3!("/login"),
    auth: Auth::None,
    rate: RateClass::Login,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3login",
    summary: "Logs in with a password.",
};

#[derive(Deserialize)]
pub(crate) struct Body {
    r#type: String,
    identifier: Option<Identifier>,
    /// Older clients name the user here.
    user: Option<String>,
    password: Option<Hidden>,
    device_id: Option<String>,
    initial_device_display_name: Option<String>,
    #[serde(default)]
    refresh_token: bool,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("This server has no way to log in of type {0}")]
    UnknownType(String),
    #[error("The identifier must be of type m.id.user and name a user")]
    Identifier,
    #[error("There is no password")]
    NoPassword,
    #[error(transparent)]
    Login(#[from] LoginError),
}

api_error!(Error:
    Self::UnknownType(_) => UNKNOWN,
    Self::Identifier => INVALID_PARAM,
    Self::NoPassword => MISSING_PARAM,
    Self::Login(LoginError::Wrong) => FORBIDDEN,
    Self::Login(LoginError::Deactivated) => USER_DEACTIVATED,
    Self::Login(LoginError::Device(_)) => INVALID_PARAM,
    Self::Login(LoginError::Busy) => LIMIT_EXCEEDED,
    Self::Login(LoginError::Broken(_) | LoginError::Failed(_)) => INTERNAL,
);

pub(crate) async fn handler(
    State(app): State<App>,
    Json(body): Json<Body>,
) -> Result<Json<Grant>, Error> {
    if body.r#type != "m.login.password" {
        return Err(Error::UnknownType(body.r#type));
    }
    let user = match body.identifier {
        Some(identifier) => identifier.into_user(),
        None => body.user,
    };
    let user = user.ok_or(Error::Identifier)?;
    let password: Secret = body.password.ok_or(Error::NoPassword)?.into();
    let device = DeviceRequest {
        device_id: body.device_id,
        display_name: body.initial_device_display_name,
        refresh_token: body.refresh_token,
    };
    let granted = app.accounts.login_with_password(&user, password.expose(), device).await?;
    Ok(Json(granted.into()))
}
