//! `GET /_matrix/client/v3/devices/{device}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3devicesdeviceid
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, api_error, body};

use super::device::DeviceView;
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/devices/{device}"),
    auth: Auth::Guest,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3devicesdeviceid",
    summary: "Shows one device of the user.",
};

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("You have no device with this id")]
    Unknown,
    #[error(transparent)]
    Failed(#[from] db::Error),
}

api_error!(Error:
    Self::Unknown => NOT_FOUND,
    Self::Failed(_) => INTERNAL,
);

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path(device): Path<String>,
) -> Result<Json<DeviceView>, Error> {
    let device = app.accounts.device(&caller.0, &device).await?.ok_or(Error::Unknown)?;
    Ok(Json(device.into()))
}
