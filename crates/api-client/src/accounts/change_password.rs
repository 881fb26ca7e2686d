//! `POST /_matrix/client/v3/account/password` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3accountpassword
use accounts::{Action, ChangePasswordError};
use config::Secret;
use endpoint::{
    Auth, Endpoint, Failure, Json, Method, RateClass, State, api_error, body, error::WEAK_PASSWORD,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    interactive::{Interactive, Interrupted},
    secret::Hidden,
};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: v3!("/account/password"),
    auth: Auth::User,
    rate: RateClass::Login,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3accountpassword",
    summary: "Gives the user another password.",
};

#[derive(Deserialize)]
struct Body {
    new_password: Hidden,
    #[serde(default = "yes")]
    logout_devices: bool,
}

fn yes() -> bool {
    true
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Change(#[from] ChangePasswordError),
}

api_error!(Error:
    Self::Change(ChangePasswordError::NotConfirmed) => FORBIDDEN,
    Self::Change(ChangePasswordError::Password(_)) => WEAK_PASSWORD,
    Self::Change(ChangePasswordError::Deactivated) => USER_DEACTIVATED,
    Self::Change(ChangePasswordError::Busy) => LIMIT_EXCEEDED,
    Self::Change(ChangePasswordError::Broken(_) | ChangePasswordError::Failed(_)) => INTERNAL,
);

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<Map<String, Value>>,
) -> Result<Json<Value>, Interrupted> {
    let Interactive { body, request, attempt } = Interactive::<Body>::read(body)?;
    let (session, password): (_, Secret) = (&caller.0, body.new_password.into());
    let fits = app.accounts.check_new_password(&password);
    fits.map_err(|weak| WEAK_PASSWORD.from_error(&weak))?;
    let action = Action::ChangePassword;
    let confirmation = app.accounts.confirm(session, action, "", &request, attempt).await?;
    let changed =
        app.accounts.change_password(session, &password, body.logout_devices, confirmation).await;
    changed.map_err(Error::from).map_err(Failure::from)?;
    Ok(Json(json!({})))
}
