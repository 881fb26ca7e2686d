//! `GET /_matrix/client/v1/media/preview_url` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv1mediapreview_url
use endpoint::{
    Auth, Endpoint, Failure, Method, Query, RateClass, RawJson, State, api_error, body,
    error::UNRECOGNIZED,
};
use previews::PreviewError;
use serde::Deserialize;

use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &[
        "/_matrix/client/v1/media/preview_url",
        "/_matrix/media/v3/preview_url",
        "/_matrix/media/r0/preview_url",
    ],
    auth: Auth::User,
    rate: RateClass::Preview,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv1mediapreview_url",
    summary: "Tells what a web page says about itself.",
};

#[derive(Deserialize)]
pub(crate) struct Parameters {
    url: String,
    /// When the link was sent (Unix ms).
    ts: Option<i64>,
}

/// Why there is no preview.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
struct PreviewFailed(#[from] PreviewError);

api_error!(PreviewFailed:
    Self(PreviewError::NotHttp) => INVALID_PARAM,
    Self(PreviewError::Denied) => FORBIDDEN,
    Self(PreviewError::Failed) => NO_PREVIEW,
    Self(PreviewError::Busy) => LIMIT_EXCEEDED,
    Self(PreviewError::Database(_)) => INTERNAL,
);

pub(crate) async fn handler(
    State(app): State<App>,
    _: Caller,
    Query(Parameters { url, ts }): Query<Parameters>,
) -> Result<RawJson, Failure> {
    let disabled = || UNRECOGNIZED.because("This server makes no previews of links");
    let previews = app.previews.as_ref().ok_or_else(disabled)?;
    let preview = previews.preview(&url, ts).await.map_err(PreviewFailed)?;
    Ok(RawJson(String::from(&*preview).into()))
}

#[cfg(test)]
#[cfg(feature = "testing")]
mod tests;
