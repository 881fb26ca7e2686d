//! `GET /_matrix/client/unstable/org.matrix.msc4108/rendezvous/{id}` ([MSC4108])
//!
//! [MSC4108]: https://github.com/matrix-org/matrix-spec-proposals/pull/4108
use axum::{
    body::Body,
    response::{IntoResponse as _, Response},
};
use endpoint::{Auth, Endpoint, Failure, Method, Path, RateClass, State, body};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, IF_NONE_MATCH},
};

use super::{error::Error, headers};
use crate::App;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &["/_matrix/client/unstable/org.matrix.msc4108/rendezvous/{id}"],
    auth: Auth::None,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://github.com/matrix-org/matrix-spec-proposals/pull/4108",
    summary: "Reads what a device has written at a meeting, by the headers of HTTP.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    request: HeaderMap,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    let payload = app.rendezvous.read(&id).map_err(Error::from)?;
    let known = request.get(IF_NONE_MATCH).and_then(headers::revision);
    let mut response = if known == Some(payload.revision) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Body::from(payload.data.clone()).into_response()
    };
    // Strangers say of what type it is: a browser is to do nothing with it.
    let sandbox = HeaderValue::from_static("sandbox; default-src 'none'; frame-ancestors 'none'");
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, sandbox);
    if let Ok(value) = HeaderValue::try_from(&payload.content_type) {
        response.headers_mut().insert(CONTENT_TYPE, value);
    }
    headers::put(&mut response, &payload);
    Ok(response)
}
