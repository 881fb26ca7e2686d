//! `GET /_matrix/client/v1/media/download/{server}/{media}/{name}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv1mediadownloadservernamemediaidfilename
use axum::response::Response;
use endpoint::{Auth, Endpoint, Failure, Method, Path, Query, RateClass, State, body};
use http::HeaderMap;

use super::download::{Wait, send};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &["/_matrix/client/v1/media/download/{server}/{media}/{name}"],
    auth: Auth::Guest,
    rate: RateClass::Download,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv1mediadownloadservernamemediaidfilename",
    summary: "Sends a file that somebody uploaded, under another name.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    _: Caller,
    Path((server, media, name)): Path<(String, String, String)>,
    Query(wait): Query<Wait>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    send(&app, &server, &media, Some(&name), wait.timeout_ms, &headers).await
}
