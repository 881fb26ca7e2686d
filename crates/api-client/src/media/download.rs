//! `GET /_matrix/client/v1/media/download/{server}/{media}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv1mediadownloadservernamemediaid
use axum::response::Response;
use endpoint::{Auth, Endpoint, Failure, Method, Path, Query, RateClass, State, body};
use http::HeaderMap;
use media::WAIT_MS_DEFAULT;
use serde::Deserialize;

use super::{disposition::Disposition, error::FindFailed, reply::MediaReply};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &["/_matrix/client/v1/media/download/{server}/{media}"],
    auth: Auth::Guest,
    rate: RateClass::Download,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv1mediadownloadservernamemediaid",
    summary: "Sends a file that somebody uploaded.",
};

/// How long to wait for a file that was only announced.
#[derive(Deserialize)]
pub(crate) struct Wait {
    #[serde(default = "default_wait_ms")]
    pub(super) timeout_ms: u64,
}

fn default_wait_ms() -> u64 {
    WAIT_MS_DEFAULT
}

pub(crate) async fn handler(
    State(app): State<App>,
    _: Caller,
    Path((server, media)): Path<(String, String)>,
    Query(wait): Query<Wait>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    send(&app, &server, &media, None, wait.timeout_ms, &headers).await
}

/// Sends a file, under another name than its uploader's if one is given.
pub(super) async fn send(
    app: &App,
    server: &str,
    media: &str,
    file_name: Option<&str>,
    wait_ms: u64,
    headers: &HeaderMap,
) -> Result<Response, Failure> {
    let medium = app.media.find(server, media, wait_ms).await.map_err(FindFailed::from)?;
    let content_type = medium.content_type.as_deref();
    let reply = MediaReply {
        content_type,
        disposition: Disposition::of(content_type.unwrap_or_default()),
        file_name: file_name.or(medium.file_name.as_deref()),
        digest: medium.digest,
        object: medium.object,
    };
    Ok(reply.into_response_to(headers))
}
