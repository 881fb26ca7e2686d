//! `POST /_matrix/client/v3/register` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3register
use accounts::{
    administration::CreateError,
    login::DeviceRequest,
    registration::{RegisterError, Registered, RegistrationRequest},
    usernames::NameError,
};
use appservices::NotOwned;
use endpoint::{
    AccessToken, Auth, Endpoint, Failure, Json, JsonOrEmpty, Kind, Method, Query, RateClass, State,
    body,
    error::{
        EXCLUSIVE, FORBIDDEN, GUEST_ACCESS_FORBIDDEN, INTERNAL, INVALID_PARAM, INVALID_USERNAME,
        LIMIT_EXCEEDED, MISSING_PARAM, MISSING_TOKEN, THREEPID_IN_USE, UNAUTHORIZED, UNKNOWN_TOKEN,
        USER_IN_USE, WEAK_PASSWORD,
    },
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    granted::Grant,
    interactive::{Interactive, Interrupted},
    secret::Hidden,
};
use crate::App;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: v3!("/register"),
    auth: Auth::None,
    rate: RateClass::Register,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3register",
    summary: "Makes an account.",
};

#[derive(Deserialize)]
pub(crate) struct Parameters {
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Body {
    username: Option<String>,
    password: Option<Hidden>,
    device_id: Option<String>,
    initial_device_display_name: Option<String>,
    /// Older application services name the user here.
    user: Option<String>,
    #[serde(default)]
    inhibit_login: bool,
    #[serde(default)]
    refresh_token: bool,
}

pub(crate) async fn handler(
    State(app): State<App>,
    AccessToken(token): AccessToken,
    Query(parameters): Query<Parameters>,
    JsonOrEmpty(body): JsonOrEmpty<Map<String, Value>>,
) -> Result<Json<Value>, Interrupted> {
    if is_guest(parameters.kind.as_deref())? {
        return register_guest(&app, body).await;
    }
    let of_appservice = body.get("type").is_some_and(|kind| kind == "m.login.application_service");
    let Interactive { body, attempt, .. } = Interactive::<Body>::read(body)?;
    let device = (!body.inhibit_login).then_some(DeviceRequest {
        device_id: body.device_id,
        display_name: body.initial_device_display_name,
        refresh_token: body.refresh_token,
    });
    if of_appservice {
        let token = token.ok_or_else(|| MISSING_TOKEN.because("Missing access token"))?;
        let name = body.user.or(body.username);
        let name = name.ok_or_else(|| MISSING_PARAM.because("There is no username"))?;
        let registered = app.appservices.register(&token, &name, device).await;
        return Ok(Json(reply(registered.map_err(refused)?)));
    }
    let (username, password) = (body.username, body.password.map(Into::into));
    let request = RegistrationRequest { username, password, device };
    let registered = app.accounts.register(request, attempt).await.map_err(interrupted)?;
    Ok(Json(reply(registered)))
}

fn refused(error: NotOwned<RegisterError>) -> Interrupted {
    let kind = match &error {
        NotOwned::Token => UNKNOWN_TOKEN,
        NotOwned::Namespace => EXCLUSIVE,
        NotOwned::Unknown | NotOwned::Other(_) => INTERNAL,
    };
    match error {
        NotOwned::Other(error) => interrupted(error),
        error => Interrupted::Failure(kind.from_error(&error)),
    }
}

/// Guests say nothing of themselves but what their device is called.
async fn register_guest(app: &App, body: Map<String, Value>) -> Result<Json<Value>, Interrupted> {
    let name = body.get("initial_device_display_name").and_then(Value::as_str);
    let registered = app.accounts.register_guest(name.map(str::to_owned)).await;
    Ok(Json(reply(registered.map_err(interrupted)?)))
}

fn reply(registered: Registered) -> Value {
    match registered.granted {
        Some(granted) => json!(Grant::from(granted)),
        None => json!({ "user_id": registered.user_id }),
    }
}

fn is_guest(kind: Option<&str>) -> Result<bool, Failure> {
    match kind {
        None | Some("user") => Ok(false),
        Some("guest") => Ok(true),
        Some(_) => Err(INVALID_PARAM.because("An account is of kind user or guest")),
    }
}

fn interrupted(error: RegisterError) -> Interrupted {
    let kind = match &error {
        RegisterError::Closed => FORBIDDEN,
        RegisterError::NoGuests => GUEST_ACCESS_FORBIDDEN,
        RegisterError::NoPassword => MISSING_PARAM,
        RegisterError::Password(_) | RegisterError::Create(CreateError::Password(_)) => {
            WEAK_PASSWORD
        }
        RegisterError::Name(name) | RegisterError::Create(CreateError::Name(name)) => {
            name_kind(name)
        }
        RegisterError::Device(_) | RegisterError::Create(CreateError::Invalid) => INVALID_PARAM,
        RegisterError::Create(CreateError::Token | CreateError::NotProven) => UNAUTHORIZED,
        RegisterError::Create(CreateError::AddressInUse) => THREEPID_IN_USE,
        RegisterError::Create(CreateError::Busy) => LIMIT_EXCEEDED,
        RegisterError::Create(
            CreateError::Login(_) | CreateError::Broken(_) | CreateError::Failed(_),
        )
        | RegisterError::Login(_)
        | RegisterError::Confirm(_) => INTERNAL,
    };
    match error {
        RegisterError::Confirm(error) => error.into(),
        error => Interrupted::Failure(kind.from_error(&error)),
    }
}

pub(super) fn name_kind(error: &NameError) -> Kind {
    match error {
        NameError::Invalid(_) | NameError::Digits | NameError::Underscore => INVALID_USERNAME,
        NameError::Reserved | NameError::Claimed => EXCLUSIVE,
        NameError::InUse => USER_IN_USE,
        NameError::Failed(_) => INTERNAL,
    }
}
