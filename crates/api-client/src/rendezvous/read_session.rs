//! `GET /_matrix/client/unstable/io.element.msc4388/rendezvous/{id}` ([MSC4388])
//!
//! [MSC4388]: https://github.com/matrix-org/matrix-spec-proposals/pull/4388
use endpoint::{
    Auth, Endpoint, Failure, Json, Method, Path, RateClass, State, body, error::FORBIDDEN,
};
use http::HeaderMap;
use serde_json::{Value, json};

use super::error::Error;
use crate::App;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &["/_matrix/client/unstable/io.element.msc4388/rendezvous/{id}"],
    auth: Auth::None,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://github.com/matrix-org/matrix-spec-proposals/pull/4388",
    summary: "Reads what a device has written at a meeting.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    headers: HeaderMap,
    Path(id): Path<String>,
) -> Result<Json<Value>, Failure> {
    // Nobody is led to what strangers have put here.
    if headers.get("sec-fetch-mode").is_some_and(|mode| mode == "navigate") {
        return Err(FORBIDDEN.because("This is for devices, not for people to look at"));
    }
    let payload = app.rendezvous.read(&id).map_err(Error::from)?;
    Ok(Json(json!({
        "data": String::from_utf8_lossy(&payload.data),
        "sequence_token": payload.revision.to_string(),
        "expires_in_ms": app.rendezvous.expires_in_ms(&payload),
    })))
}
