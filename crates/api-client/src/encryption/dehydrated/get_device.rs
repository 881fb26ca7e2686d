//! `GET /_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device` ([MSC3814])
//!
//! [MSC3814]: https://github.com/matrix-org/matrix-spec-proposals/pull/3814
use encryption::dehydrated::DehydratedError;
use endpoint::{Auth, Endpoint, Json, Method, RateClass, State, body};
use serde::Serialize;
use serde_json::value::RawValue;

use super::error::Error;
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &["/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device"],
    auth: Auth::User,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://github.com/matrix-org/matrix-spec-proposals/pull/3814",
    summary: "Gives the user the device that waits for messages.",
};

#[derive(Serialize)]
pub(crate) struct Reply {
    device_id: String,
    device_data: Box<RawValue>,
}

pub(crate) async fn handler(State(app): State<App>, caller: Caller) -> Result<Json<Reply>, Error> {
    let found = app.encryption.dehydrated_device(caller.user_num).await?;
    let device_data = RawValue::from_string(found.device_data).map_err(|_| {
        DehydratedError::from(db::Error::inconsistent("dehydrated_devices.device_data"))
    })?;
    Ok(Json(Reply { device_id: found.device_id, device_data }))
}
