//! `GET /_matrix/federation/v1/version` ([spec])
//!
//! Clients ask for it too, where they ask for everything else, to show what they talk to.
//!
//! [spec]: https://spec.matrix.org/v1.16/server-server-api/#get_matrixfederationv1version
use endpoint::{Auth, Endpoint, Json, Method, RateClass, body};
use serde_json::{Value, json};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &["/_matrix/federation/v1/version"],
    auth: Auth::None,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/server-server-api/#get_matrixfederationv1version",
    summary: "Names the server's software and its version.",
};

pub(crate) async fn handler() -> Json<Value> {
    Json(json!({ "server": { "name": "Longhouse", "version": env!("CARGO_PKG_VERSION") } }))
}
