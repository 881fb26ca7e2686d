//! `GET /.well-known/matrix/server` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/server-server-api/#getwell-knownmatrixserver
use axum::response::{IntoResponse, Response};
use endpoint::{Auth, Endpoint, Failure, Json, Method, RateClass, State, body, error::NOT_FOUND};
use http::header::CACHE_CONTROL;
use serde_json::json;

use crate::App;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &["/.well-known/matrix/server"],
    auth: Auth::None,
    rate: RateClass::Unlimited,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/server-server-api/#getwell-knownmatrixserver",
    summary: "Tells other servers where this one is, when that is not where its name leads.",
};

pub(crate) async fn handler(State(app): State<App>) -> Result<Response, Failure> {
    let address = app.settings.federation_address.as_deref();
    let address =
        address.ok_or_else(|| NOT_FOUND.because("The server name leads to the server"))?;
    let reply = Json(json!({ "m.server": address }));
    Ok(([(CACHE_CONTROL, "public, max-age=3600")], reply).into_response())
}
