//! `GET /.well-known/matrix/client` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#getwell-knownmatrixclient
use axum::response::IntoResponse;
use endpoint::{Auth, Endpoint, Json, Method, RateClass, State, body};
use http::header::CACHE_CONTROL;
use serde_json::json;

use crate::{App, calls::transports};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &["/.well-known/matrix/client"],
    auth: Auth::None,
    rate: RateClass::Unlimited,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#getwell-knownmatrixclient",
    summary: "Tells clients where the homeserver is.",
};

pub(crate) async fn handler(State(app): State<App>) -> impl IntoResponse {
    let mut reply = json!({ "m.homeserver": { "base_url": app.settings.client_url } });
    // COMPAT(Element X, Element Call): they look here first.
    let transports = transports(&app);
    if !transports.is_empty()
        && let Some(fields) = reply.as_object_mut()
    {
        fields.insert("org.matrix.msc4143.rtc_foci".to_owned(), transports.into());
    }
    ([(CACHE_CONTROL, "public, max-age=3600")], Json(reply))
}
