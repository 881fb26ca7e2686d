//! `GET /_matrix/client/v1/media/config` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv1mediaconfig
use endpoint::{Auth, Endpoint, Json, Method, RateClass, State, body};
use serde_json::{Value, json};

use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &[
        "/_matrix/client/v1/media/config",
        "/_matrix/media/v3/config",
        "/_matrix/media/r0/config",
    ],
    auth: Auth::Guest,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv1mediaconfig",
    summary: "Tells how large an upload can be.",
};

pub(crate) async fn handler(State(app): State<App>, _: Caller) -> Json<Value> {
    Json(json!({ "m.upload.size": app.media.upload_bytes_max() }))
}
