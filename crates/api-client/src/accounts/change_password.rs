//! `POST /_matrix/client/v3/account/password` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3accountpassword
use accounts::{Action, ChangePasswordError};
use config::Secret;
use endpoint::{
    Auth, Endpoint, Failure, Json, Method, RateClass, State, api_error, body,
    error::{GUEST_ACCESS_FORBIDDEN, MISSING_TOKEN, WEAK_PASSWORD},
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    interactive::{Interactive, Interrupted},
    secret::Hidden,
};
use crate::{App, OptionalCaller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: v3!("/account/password"),
    auth: Auth::Optional,
    rate: RateClass::Login,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3accountpassword",
    summary: "Gives the user another password, or somebody who proves to have the account's address.",
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
    Self::Change(ChangePasswordError::NotProven) => THREEPID_AUTH_FAILED,
    Self::Change(ChangePasswordError::Deactivated) => USER_DEACTIVATED,
    Self::Change(ChangePasswordError::Busy) => LIMIT_EXCEEDED,
    Self::Change(ChangePasswordError::Broken(_) | ChangePasswordError::Failed(_)) => INTERNAL,
);

pub(crate) async fn handler(
    State(app): State<App>,
    caller: OptionalCaller,
    Json(body): Json<Map<String, Value>>,
) -> Result<Json<Value>, Interrupted> {
    let caller = caller.0;
    if caller.is_none() && !app.accounts.can_reset_password() {
        return Err(MISSING_TOKEN.because("Missing access token").into());
    }
    if caller.as_ref().is_some_and(|session| session.is_guest) {
        return Err(GUEST_ACCESS_FORBIDDEN.because("Guests have no password").into());
    }
    let Interactive { body, request, attempt } = Interactive::<Body>::read(body)?;
    let (accounts, logout_devices) = (&app.accounts, body.logout_devices);
    let password: Secret = body.new_password.into();
    let fits = accounts.check_new_password(&password);
    fits.map_err(|weak| WEAK_PASSWORD.from_error(&weak))?;
    let changed = if let Some(session) = caller {
        let action = Action::ChangePassword;
        let confirmation = accounts.confirm(&session, action, "", &request, attempt).await?;
        accounts.change_password(&session, &password, logout_devices, confirmation).await
    } else {
        let confirmation = accounts.confirm_reset(&request, attempt).await?;
        accounts.reset_password(&password, logout_devices, confirmation).await
    };
    changed.map_err(Error::from).map_err(Failure::from)?;
    Ok(Json(json!({})))
}
