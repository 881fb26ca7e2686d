//! `POST /_matrix/client/v3/login` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3login
use accounts::{
    Granted,
    login::{DeviceRequest, LoginError},
};
use config::Secret;
use endpoint::{Auth, Endpoint, Failure, Json, Method, RateClass, State, api_error, body};
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
    summary: "Logs in with a password, or with a token from another client.",
};

#[derive(Deserialize)]
pub(crate) struct Body {
    r#type: String,
    identifier: Option<Identifier>,
    /// Older clients name the user here.
    user: Option<String>,
    password: Option<Hidden>,
    token: Option<Hidden>,
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
    #[error("There is no token")]
    NoToken,
    #[error(transparent)]
    Login(#[from] LoginError),
}

api_error!(Error:
    Self::UnknownType(_) => UNKNOWN,
    Self::Identifier => INVALID_PARAM,
    Self::NoPassword => MISSING_PARAM,
    Self::NoToken => MISSING_PARAM,
    Self::Login(LoginError::Wrong | LoginError::Token) => FORBIDDEN,
    Self::Login(LoginError::Locked) => USER_LOCKED,
    Self::Login(LoginError::Deactivated) => USER_DEACTIVATED,
    Self::Login(LoginError::Device(_)) => INVALID_PARAM,
    Self::Login(LoginError::Busy) => LIMIT_EXCEEDED,
    Self::Login(LoginError::Broken(_) | LoginError::Failed(_)) => INTERNAL,
);

pub(crate) async fn handler(
    State(app): State<App>,
    Json(body): Json<Body>,
) -> Result<Json<Grant>, Failure> {
    let granted = match body.r#type.as_str() {
        "m.login.password" => with_password(&app, body).await,
        "m.login.token" if app.accounts.settings().login_tokens => with_token(&app, body).await,
        _ => Err(Error::UnknownType(body.r#type)),
    };
    match granted {
        Ok(granted) => Ok(Json(granted.into())),
        Err(error @ Error::Login(LoginError::Locked)) => {
            Err(Failure::from(error).with("soft_logout", true))
        }
        Err(error) => Err(error.into()),
    }
}

async fn with_password(app: &App, body: Body) -> Result<Granted, Error> {
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
    Ok(app.accounts.login_with_password(&user, password.expose(), device).await?)
}

async fn with_token(app: &App, body: Body) -> Result<Granted, Error> {
    let token: Secret = body.token.ok_or(Error::NoToken)?.into();
    let device = DeviceRequest {
        device_id: body.device_id,
        display_name: body.initial_device_display_name,
        refresh_token: body.refresh_token,
    };
    Ok(app.accounts.login_with_token(token.expose(), device).await?)
}
