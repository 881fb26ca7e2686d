//! `POST /_matrix/client/unstable/org.matrix.msc4140/delayed_events/{delay}` ([MSC4140], as it was: the action is in the
//! body)
//!
//! [MSC4140]: https://github.com/matrix-org/matrix-spec-proposals/pull/4140
use endpoint::{Auth, Endpoint, Failure, Json, Method, Path, RateClass, State, body};
use serde::Deserialize;
use serde_json::Value;

use crate::App;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: &["/_matrix/client/unstable/org.matrix.msc4140/delayed_events/{delay}"],
    auth: Auth::None,
    rate: RateClass::Write,
    body_bytes_max: body::SMALL,
    spec: super::SPEC,
    summary: "Sends, cancels or puts off a delayed event, as the body says.",
};

#[derive(Deserialize)]
pub(crate) struct Body {
    action: String,
}

pub(crate) async fn handler(
    State(app): State<App>,
    Path(delay): Path<String>,
    Json(body): Json<Body>,
) -> Result<Json<Value>, Failure> {
    super::act::act(&app, &delay, &body.action).await
}
