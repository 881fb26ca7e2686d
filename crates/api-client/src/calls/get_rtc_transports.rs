//! `GET /_matrix/client/unstable/org.matrix.msc4143/rtc/transports` ([MSC4143])
//!
//! [MSC4143]: https://github.com/matrix-org/matrix-spec-proposals/pull/4143
use endpoint::{Auth, Endpoint, Json, Method, RateClass, State, body};
use serde_json::{Value, json};

use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &["/_matrix/client/unstable/org.matrix.msc4143/rtc/transports"],
    auth: Auth::Guest,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://github.com/matrix-org/matrix-spec-proposals/pull/4143",
    summary: "Lists the media servers that calls of many go through.",
};

pub(crate) async fn handler(State(app): State<App>, _: Caller) -> Json<Value> {
    Json(json!({ "rtc_transports": transports(&app) }))
}

/// The media servers, as this endpoint and the well-known document of clients name them.
pub(crate) fn transports(app: &App) -> Vec<Value> {
    let livekit = |url: &String| json!({ "type": "livekit", "livekit_service_url": url });
    app.calls.livekit_service_urls().iter().map(livekit).collect()
}
