//! `DELETE /_matrix/client/unstable/org.matrix.msc4108/rendezvous/{id}` ([MSC4108])
//!
//! [MSC4108]: https://github.com/matrix-org/matrix-spec-proposals/pull/4108
use endpoint::{Auth, Endpoint, Method, Path, RateClass, State, body};
use http::StatusCode;

use super::error::Error;
use crate::App;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Delete,
    paths: &["/_matrix/client/unstable/org.matrix.msc4108/rendezvous/{id}"],
    auth: Auth::None,
    rate: RateClass::Write,
    body_bytes_max: body::NONE,
    spec: "https://github.com/matrix-org/matrix-spec-proposals/pull/4108",
    summary: "Ends a meeting of two devices, by the headers of HTTP.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<StatusCode, Error> {
    app.rendezvous.delete(&id)?;
    Ok(StatusCode::NO_CONTENT)
}
