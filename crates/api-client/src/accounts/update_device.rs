//! `PUT /_matrix/client/v3/devices/{device}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3devicesdeviceid
use accounts::devices::DeviceError;
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, api_error, body};
use http::StatusCode;
use protocol::ids::OwnedDeviceId;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: v3!("/devices/{device}"),
    auth: Auth::Guest,
    rate: RateClass::Write,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3devicesdeviceid",
    summary: "Gives a device of the user another name; an application service makes devices so, too.",
};

#[derive(Deserialize)]
pub(crate) struct Body {
    display_name: Option<String>,
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
    Path(device): Path<String>,
    Json(body): Json<Body>,
) -> Result<(StatusCode, Json<Value>), Error> {
    if caller.appservice.is_some() {
        let id: OwnedDeviceId = device.into();
        let new = app.accounts.put_device(&caller, &id, body.display_name.as_deref()).await?;
        let status = if new { StatusCode::CREATED } else { StatusCode::OK };
        return Ok((status, Json(json!({}))));
    }
    app.accounts.rename_device(&caller.0, &device, body.display_name.as_deref()).await?;
    Ok((StatusCode::OK, Json(json!({}))))
}
