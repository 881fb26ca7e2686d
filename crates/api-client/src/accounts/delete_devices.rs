//! `POST /_matrix/client/v3/delete_devices` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3delete_devices
use accounts::{Action, Session, devices::DeviceError, interactive::Attempt};
use endpoint::{Auth, Endpoint, Json, Method, RateClass, State, api_error, body};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::interactive::{Interactive, Interrupted};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: v3!("/delete_devices"),
    auth: Auth::User,
    rate: RateClass::Login,
    body_bytes_max: body::LARGE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3delete_devices",
    summary: "Removes devices of the user and ends their sessions.",
};

#[derive(Deserialize)]
struct Body {
    devices: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Device(#[from] DeviceError),
}

api_error!(Error:
    Self::Device(DeviceError::Unknown) => NOT_FOUND,
    Self::Device(DeviceError::Invalid | DeviceError::Name) => INVALID_PARAM,
    Self::Device(DeviceError::NotConfirmed) => FORBIDDEN,
    Self::Device(DeviceError::Failed(_)) => INTERNAL,
);

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<Map<String, Value>>,
) -> Result<Json<Value>, Interrupted> {
    let Interactive { body: Body { devices }, request, attempt } = Interactive::read(body)?;
    delete(&app, &caller.0, &devices, &request, attempt).await?;
    Ok(Json(json!({})))
}

/// Removes devices, once that is confirmed.
pub(super) async fn delete(
    app: &App,
    session: &Session,
    devices: &[String],
    request: &Value,
    attempt: Option<Attempt>,
) -> Result<(), Interrupted> {
    let resource = devices.join("\n");
    let action = Action::DeleteDevices;
    let confirmation = app.accounts.confirm(session, action, &resource, request, attempt).await?;
    let deleted = app.accounts.delete_devices(session, devices, confirmation).await;
    Ok(deleted.map_err(Error::from).map_err(endpoint::Failure::from)?)
}
