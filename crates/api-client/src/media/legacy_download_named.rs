//! `GET /_matrix/media/v3/download/{server}/{media}/{name}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixmediav3downloadservernamemediaidfilename
use axum::response::Response;
use endpoint::{Auth, Endpoint, Failure, Method, Path, Query, RateClass, State, body};
use http::HeaderMap;

use super::{
    download::{Wait, send},
    error::check_legacy,
};
use crate::App;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &[
        "/_matrix/media/v3/download/{server}/{media}/{name}",
        "/_matrix/media/r0/download/{server}/{media}/{name}",
        "/_matrix/media/v1/download/{server}/{media}/{name}",
    ],
    auth: Auth::None,
    rate: RateClass::Download,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixmediav3downloadservernamemediaidfilename",
    summary: "Sends a file to anybody under another name, where the configuration allows it.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    Path((server, media, name)): Path<(String, String, String)>,
    Query(wait): Query<Wait>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    check_legacy(&app)?;
    send(&app, &server, &media, Some(&name), wait.timeout_ms, &headers).await
}
