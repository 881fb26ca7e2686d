//! `GET /_matrix/client/v1/media/thumbnail/{server}/{media}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv1mediathumbnailservernamemediaid
use axum::response::Response;
use endpoint::{Auth, Endpoint, Failure, Method, Path, Query, RateClass, State, body};
use http::HeaderMap;
use media::{
    WAIT_MS_DEFAULT,
    thumbnails::{Method as Fit, Size},
};
use serde::Deserialize;

use super::{disposition::Disposition, error::ThumbnailFailed, reply::MediaReply};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &["/_matrix/client/v1/media/thumbnail/{server}/{media}"],
    auth: Auth::Guest,
    rate: RateClass::Download,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv1mediathumbnailservernamemediaid",
    summary: "Sends a small picture of an image that somebody uploaded.",
};

#[derive(Deserialize)]
pub(crate) struct Parameters {
    width: u32,
    height: u32,
    method: Option<MethodName>,
    timeout_ms: Option<u64>,
    /// Whether it may move.
    #[serde(default)]
    animated: bool,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum MethodName {
    Crop,
    Scale,
}

impl Parameters {
    fn size(&self) -> Size {
        let method = match self.method {
            Some(MethodName::Crop) => Fit::Crop,
            Some(MethodName::Scale) | None => Fit::Scale,
        };
        Size { width: self.width, height: self.height, method }
    }
}

pub(crate) async fn handler(
    State(app): State<App>,
    _: Caller,
    Path((server, media)): Path<(String, String)>,
    Query(parameters): Query<Parameters>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    send(&app, &server, &media, &parameters, &headers).await
}

/// Sends a thumbnail, which moves only if the client wants that.
pub(super) async fn send(
    app: &App,
    server: &str,
    media: &str,
    parameters: &Parameters,
    headers: &HeaderMap,
) -> Result<Response, Failure> {
    let wait_ms = parameters.timeout_ms.unwrap_or(WAIT_MS_DEFAULT);
    let (size, animated) = (parameters.size(), parameters.animated);
    let thumbnail = app.media.thumbnail(server, media, wait_ms, size, animated).await;
    let thumbnail = thumbnail.map_err(ThumbnailFailed::from)?;
    let file_name = match thumbnail.content_type.as_str() {
        "image/png" => "thumbnail.png",
        "image/gif" => "thumbnail.gif",
        _ => "thumbnail.jpg",
    };
    let reply = MediaReply {
        content_type: Some(&thumbnail.content_type),
        disposition: Disposition::Inline,
        file_name: Some(file_name),
        digest: thumbnail.digest,
        object: thumbnail.object,
    };
    Ok(reply.into_response_to(headers))
}
