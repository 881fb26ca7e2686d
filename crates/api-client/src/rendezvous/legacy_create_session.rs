//! `POST /_matrix/client/unstable/org.matrix.msc4108/rendezvous` ([MSC4108])
//!
//! [MSC4108]: https://github.com/matrix-org/matrix-spec-proposals/pull/4108
use ::rendezvous::DATA_BYTES_MAX;
use axum::response::{IntoResponse as _, Response};
use endpoint::{Auth, Endpoint, Failure, Json, Method, RateClass, RawBody, State};
use http::{HeaderMap, StatusCode};
use serde_json::json;

use super::{error::Error, headers};
use crate::App;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: &["/_matrix/client/unstable/org.matrix.msc4108/rendezvous"],
    auth: Auth::None,
    rate: RateClass::Login,
    body_bytes_max: DATA_BYTES_MAX,
    spec: "https://github.com/matrix-org/matrix-spec-proposals/pull/4108",
    summary: "Begins a meeting of two devices, by the headers of HTTP.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    request: HeaderMap,
    RawBody(data): RawBody,
) -> Result<Response, Failure> {
    let content_type = headers::content_type(&request)?;
    let (id, payload) = app.rendezvous.create(data, content_type).map_err(Error::from)?;
    let url = format!("{}{}/{id}", app.settings.client_url, ENDPOINT.path());
    let mut response = (StatusCode::CREATED, Json(json!({ "url": url }))).into_response();
    headers::put(&mut response, &payload);
    Ok(response)
}
