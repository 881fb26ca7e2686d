//! `GET /_matrix/client/v3/devices` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3devices
use endpoint::{Auth, Endpoint, Json, Method, RateClass, State, api_error, body};
use serde::Serialize;

use super::device::DeviceView;
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/devices"),
    auth: Auth::Guest,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3devices",
    summary: "Lists the devices of the user.",
};

#[derive(Serialize)]
pub(crate) struct Reply {
    devices: Vec<DeviceView>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Failed(#[from] db::Error),
}

api_error!(Error:
    Self::Failed(_) => INTERNAL,
);

pub(crate) async fn handler(State(app): State<App>, caller: Caller) -> Result<Json<Reply>, Error> {
    let devices = app.accounts.devices(&caller.0).await?;
    Ok(Json(Reply { devices: devices.into_iter().map(Into::into).collect() }))
}
