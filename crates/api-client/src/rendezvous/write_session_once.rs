//! `PUT /_matrix/client/unstable/io.element.msc4388/rendezvous/{id}/{transaction}` ([MSC4388])
//!
//! [MSC4388]: https://github.com/matrix-org/matrix-spec-proposals/pull/4388
use endpoint::{Auth, Endpoint, Failure, Json, Method, Path, RateClass, State, body};
use serde_json::Value;

use super::write_session::{Body, write};
use crate::App;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: &["/_matrix/client/unstable/io.element.msc4388/rendezvous/{id}/{transaction}"],
    auth: Auth::None,
    rate: RateClass::Write,
    body_bytes_max: body::SMALL,
    spec: "https://github.com/matrix-org/matrix-spec-proposals/pull/4388",
    summary: "Writes at a meeting of two devices; a repeated request is answered as the first one.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    Path((id, transaction)): Path<(String, String)>,
    Json(body): Json<Body>,
) -> Result<Json<Value>, Failure> {
    write(&app, &id, Some(&transaction), body)
}
