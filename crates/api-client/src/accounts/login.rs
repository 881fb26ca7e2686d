//! `POST /_matrix/client/v3/login` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3login
use accounts::{
    Granted, LoginName,
    login::{DeviceRequest, LoginError},
};
use appservices::NotOwned;
use config::Secret;
use endpoint::{
    AccessToken, Auth, Endpoint, Failure, Json, Method, RateClass, State, api_error, body,
};
use protocol::Threepid;
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
    summary: "Logs in with a password, with a token from another client, or as a user of an application service.",
};

#[derive(Deserialize)]
pub(crate) struct Body {
    r#type: String,
    identifier: Option<Identifier>,
    /// Older clients name the user here.
    user: Option<String>,
    /// Older clients name an address so.
    medium: Option<String>,
    address: Option<String>,
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
    #[error(
        "The identifier must be of type m.id.user, m.id.thirdparty or m.id.phone and name somebody"
    )]
    Identifier,
    #[error("There is no password")]
    NoPassword,
    #[error("There is no token")]
    NoToken,
    #[error("Missing access token")]
    NoAccessToken,
    #[error(transparent)]
    Login(#[from] LoginError),
    #[error(transparent)]
    Appservice(NotOwned<LoginError>),
}

impl From<NotOwned<LoginError>> for Error {
    fn from(error: NotOwned<LoginError>) -> Self {
        match error {
            NotOwned::Other(error) => Self::Login(error),
            other => Self::Appservice(other),
        }
    }
}

api_error!(Error:
    Self::UnknownType(_) => UNKNOWN,
    Self::Identifier => INVALID_PARAM,
    Self::NoPassword => MISSING_PARAM,
    Self::NoToken => MISSING_PARAM,
    Self::NoAccessToken => MISSING_TOKEN,
    Self::Appservice(NotOwned::Token) => UNKNOWN_TOKEN,
    Self::Appservice(NotOwned::Namespace) => EXCLUSIVE,
    Self::Appservice(NotOwned::Unknown) => FORBIDDEN,
    Self::Appservice(NotOwned::Other(_)) => INTERNAL,
    Self::Login(LoginError::Wrong | LoginError::Token) => FORBIDDEN,
    Self::Login(LoginError::Locked) => USER_LOCKED,
    Self::Login(LoginError::Deactivated) => USER_DEACTIVATED,
    Self::Login(LoginError::Device(_)) => INVALID_PARAM,
    Self::Login(LoginError::Busy) => LIMIT_EXCEEDED,
    Self::Login(LoginError::Broken(_) | LoginError::Failed(_)) => INTERNAL,
);

pub(crate) async fn handler(
    State(app): State<App>,
    AccessToken(token): AccessToken,
    Json(body): Json<Body>,
) -> Result<Json<Grant>, Failure> {
    let granted = match body.r#type.as_str() {
        "m.login.password" => with_password(&app, body).await,
        "m.login.token" if app.accounts.settings().login_tokens => with_token(&app, body).await,
        "m.login.application_service" => of_appservice(&app, token, body).await,
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
    let (name, device) = (body.login_name()?, body.device());
    let password: Secret = body.password.ok_or(Error::NoPassword)?.into();
    Ok(app.accounts.login(&name, password.expose(), device).await?)
}

async fn with_token(app: &App, body: Body) -> Result<Granted, Error> {
    let device = body.device();
    let token: Secret = body.token.ok_or(Error::NoToken)?.into();
    Ok(app.accounts.login_with_token(token.expose(), device).await?)
}

async fn of_appservice(app: &App, token: Option<String>, body: Body) -> Result<Granted, Error> {
    let user = body.user()?;
    let token = token.ok_or(Error::NoAccessToken)?;
    Ok(app.appservices.login(&token, &user, body.device()).await?)
}

impl Body {
    fn login_name(&self) -> Result<LoginName, Error> {
        let name = match (&self.identifier, &self.user, &self.medium, &self.address) {
            (Some(identifier), ..) => identifier.clone().into_login_name(),
            (None, Some(user), ..) => Some(LoginName::User(user.clone())),
            (None, None, Some(medium), Some(address)) => {
                Threepid::parse(medium, address).ok().map(LoginName::Threepid)
            }
            _ => None,
        };
        name.ok_or(Error::Identifier)
    }

    fn user(&self) -> Result<String, Error> {
        let user = match &self.identifier {
            Some(identifier) => identifier.clone().into_user(),
            None => self.user.clone(),
        };
        user.ok_or(Error::Identifier)
    }

    fn device(&self) -> DeviceRequest {
        DeviceRequest {
            device_id: self.device_id.clone(),
            display_name: self.initial_device_display_name.clone(),
            refresh_token: self.refresh_token,
        }
    }
}
