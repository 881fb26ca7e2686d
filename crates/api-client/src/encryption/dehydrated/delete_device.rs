//! `DELETE /_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device` ([MSC3814])
//!
//! [MSC3814]: https://github.com/matrix-org/matrix-spec-proposals/pull/3814
use endpoint::{Auth, Endpoint, Json, Method, RateClass, State, body};
use serde_json::{Value, json};

use super::error::Error;
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Delete,
    paths: &["/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device"],
    auth: Auth::User,
    rate: RateClass::Write,
    body_bytes_max: body::NONE,
    spec: "https://github.com/matrix-org/matrix-spec-proposals/pull/3814",
    summary: "Removes the device that waits for messages.",
};

pub(crate) async fn handler(State(app): State<App>, caller: Caller) -> Result<Json<Value>, Error> {
    let device_id = app.encryption.delete_dehydrated_device(caller.user_num).await?;
    Ok(Json(json!({ "device_id": device_id })))
}
