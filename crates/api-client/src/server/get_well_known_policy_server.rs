//! `GET /.well-known/matrix/policy_server` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.18/client-server-api/#getwell-knownmatrixpolicy_server
use axum::response::{IntoResponse, Response};
use endpoint::{Auth, Endpoint, Failure, Json, Method, RateClass, State, body, error::NOT_FOUND};
use http::header::CACHE_CONTROL;
use serde::Serialize;

use crate::App;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &["/.well-known/matrix/policy_server"],
    auth: Auth::None,
    rate: RateClass::Unlimited,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.18/client-server-api/#getwell-knownmatrixpolicy_server",
    summary: "Tells the key of the policy server that has this server's name.",
};

#[derive(Serialize)]
struct Reply<'a> {
    public_keys: PublicKeys<'a>,
}

#[derive(Serialize)]
struct PublicKeys<'a> {
    ed25519: &'a str,
}

pub(crate) async fn handler(State(app): State<App>) -> Result<Response, Failure> {
    let Some(ed25519) = app.settings.policy_server_key.as_deref() else {
        return Err(NOT_FOUND.because("There is no policy server"));
    };
    let reply = Json(Reply { public_keys: PublicKeys { ed25519 } });
    Ok(([(CACHE_CONTROL, "public, max-age=3600")], reply).into_response())
}
