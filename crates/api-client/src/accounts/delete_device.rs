//! `DELETE /_matrix/client/v3/devices/{device}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#delete_matrixclientv3devicesdeviceid
use endpoint::{Auth, Endpoint, Json, JsonOrEmpty, Method, Path, RateClass, State, body};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    delete_devices::delete,
    interactive::{Interactive, Interrupted},
};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Delete,
    paths: v3!("/devices/{device}"),
    auth: Auth::User,
    rate: RateClass::Login,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#delete_matrixclientv3devicesdeviceid",
    summary: "Removes a device of the user and ends its session.",
};

#[derive(Deserialize)]
struct Body {}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path(device): Path<String>,
    JsonOrEmpty(body): JsonOrEmpty<Map<String, Value>>,
) -> Result<Json<Value>, Interrupted> {
    let Interactive { body: Body {}, request, attempt } = Interactive::read(body)?;
    delete(&app, &caller.0, &[device], &request, attempt).await?;
    Ok(Json(json!({})))
}
