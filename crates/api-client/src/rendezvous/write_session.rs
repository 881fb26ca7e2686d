//! `PUT /_matrix/client/unstable/io.element.msc4388/rendezvous/{id}` ([MSC4388], as clients knew it first)
//!
//! [MSC4388]: https://github.com/matrix-org/matrix-spec-proposals/pull/4388
use endpoint::{Auth, Endpoint, Failure, Json, Method, Path, RateClass, State, body};
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::Error;
use crate::App;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: &["/_matrix/client/unstable/io.element.msc4388/rendezvous/{id}"],
    auth: Auth::None,
    rate: RateClass::Write,
    body_bytes_max: body::SMALL,
    spec: "https://github.com/matrix-org/matrix-spec-proposals/pull/4388",
    summary: "Writes at a meeting of two devices.",
};

#[derive(Deserialize)]
pub(crate) struct Body {
    sequence_token: String,
    data: String,
}

pub(crate) async fn handler(
    State(app): State<App>,
    Path(id): Path<String>,
    Json(body): Json<Body>,
) -> Result<Json<Value>, Failure> {
    write(&app, &id, None, body)
}

/// Writes, once if the client has a name for it.
///
/// # Errors
/// 409 `M_CONCURRENT_WRITE` where another device was quicker.
pub(super) fn write(
    app: &App,
    id: &str,
    transaction: Option<&str>,
    body: Body,
) -> Result<Json<Value>, Failure> {
    let seen = body.sequence_token.parse().ok();
    let data = body.data.into();
    let written = app.rendezvous.write(id, transaction, seen, data, "text/plain");
    let written = written.map_err(Error::from)?;
    Ok(Json(json!({ "sequence_token": written.revision.to_string() })))
}
