//! `PUT /_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device` ([MSC3814])
//!
//! [MSC3814]: https://github.com/matrix-org/matrix-spec-proposals/pull/3814
use std::collections::BTreeMap;

use encryption::{dehydrated::NewDehydratedDevice, upload::KeysUpload};
use endpoint::{Auth, Endpoint, Json, Method, RateClass, State, body};
use protocol::canonical::{Object, Value};
use serde::Deserialize;
use serde_json::{Map, json};

use super::error::Error;
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: &["/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device"],
    auth: Auth::User,
    rate: RateClass::Write,
    body_bytes_max: body::LARGE,
    spec: "https://github.com/matrix-org/matrix-spec-proposals/pull/3814",
    summary: "Lets a device wait for messages while its user has no other.",
};

#[derive(Deserialize)]
pub(crate) struct Body {
    device_id: String,
    device_data: Map<String, serde_json::Value>,
    initial_device_display_name: Option<String>,
    device_keys: Option<Object>,
    one_time_keys: Option<BTreeMap<String, Value>>,
    fallback_keys: Option<BTreeMap<String, Value>>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<Body>,
) -> Result<Json<serde_json::Value>, Error> {
    let new = NewDehydratedDevice {
        device_id: body.device_id.clone(),
        display_name: body.initial_device_display_name,
        device_data: serde_json::Value::from(body.device_data).to_string(),
        keys: KeysUpload {
            device_keys: body.device_keys,
            one_time_keys: body.one_time_keys.unwrap_or_default(),
            fallback_keys: body.fallback_keys.unwrap_or_default(),
        },
    };
    app.encryption.dehydrate(caller.user_num, &caller.user_id, new).await?;
    Ok(Json(json!({ "device_id": body.device_id })))
}
