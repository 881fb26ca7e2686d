//! `GET /_matrix/media/v3/thumbnail/{server}/{media}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixmediav3thumbnailservernamemediaid
use axum::response::Response;
use endpoint::{Auth, Endpoint, Failure, Method, Path, Query, RateClass, State, body};
use http::HeaderMap;

use super::{
    error::check_legacy,
    thumbnail::{Parameters, send},
};
use crate::App;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &[
        "/_matrix/media/v3/thumbnail/{server}/{media}",
        "/_matrix/media/r0/thumbnail/{server}/{media}",
        "/_matrix/media/v1/thumbnail/{server}/{media}",
    ],
    auth: Auth::None,
    rate: RateClass::Download,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixmediav3thumbnailservernamemediaid",
    summary: "Sends a small picture of an image to anybody, where the configuration allows it.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    Path((server, media)): Path<(String, String)>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    check_legacy(&app)?;
    send(&app, &server, &media, &parameters, &headers).await
}
