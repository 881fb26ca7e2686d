//! `PUT /_matrix/client/unstable/org.matrix.msc4108/rendezvous/{id}` ([MSC4108])
//!
//! [MSC4108]: https://github.com/matrix-org/matrix-spec-proposals/pull/4108
use ::rendezvous::DATA_BYTES_MAX;
use axum::response::{IntoResponse as _, Response};
use endpoint::{
    Auth, Endpoint, Failure, Method, Path, RateClass, RawBody, State,
    error::{MISSING_PARAM, WRITTEN_MEANWHILE},
};
use http::{HeaderMap, StatusCode, header::IF_MATCH};

use super::{error::Error, headers};
use crate::App;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: &["/_matrix/client/unstable/org.matrix.msc4108/rendezvous/{id}"],
    auth: Auth::None,
    rate: RateClass::Write,
    body_bytes_max: DATA_BYTES_MAX,
    spec: "https://github.com/matrix-org/matrix-spec-proposals/pull/4108",
    summary: "Writes at a meeting of two devices, by the headers of HTTP.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    request: HeaderMap,
    Path(id): Path<String>,
    RawBody(data): RawBody,
) -> Result<Response, Failure> {
    let seen = request.get(IF_MATCH);
    let seen = seen.ok_or_else(|| MISSING_PARAM.because("There is no If-Match header"))?;
    let content_type = headers::content_type(&request)?;
    let written = app.rendezvous.write(&id, None, headers::revision(seen), data, content_type);
    match written {
        Ok(payload) => {
            let mut response = StatusCode::ACCEPTED.into_response();
            headers::put(&mut response, &payload);
            Ok(response)
        }
        // COMPAT(MSC4108): clients look for the code under this name.
        Err(error @ ::rendezvous::Error::Conflict) => Err(WRITTEN_MEANWHILE
            .from_error(&error)
            .with("org.matrix.msc4108.errcode", "M_CONCURRENT_WRITE")),
        Err(error) => Err(Error::from(error).into()),
    }
}
