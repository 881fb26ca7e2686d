//! `DELETE /_matrix/client/unstable/io.element.msc4388/rendezvous/{id}` ([MSC4388])
//!
//! [MSC4388]: https://github.com/matrix-org/matrix-spec-proposals/pull/4388
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};
use serde_json::{Value, json};

use super::error::Error;
use crate::App;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Delete,
    paths: &["/_matrix/client/unstable/io.element.msc4388/rendezvous/{id}"],
    auth: Auth::None,
    rate: RateClass::Write,
    body_bytes_max: body::NONE,
    spec: "https://github.com/matrix-org/matrix-spec-proposals/pull/4388",
    summary: "Ends a meeting of two devices.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Error> {
    app.rendezvous.delete(&id)?;
    Ok(Json(json!({})))
}
