//! `POST /_matrix/client/unstable/org.matrix.msc4140/delayed_events/{delay}/{action}` ([MSC4140])
//!
//! Whoever knows the id may do it: a call's server puts off the departure of somebody whose client is silent.
//!
//! [MSC4140]: https://github.com/matrix-org/matrix-spec-proposals/pull/4140
use endpoint::{
    Auth, Endpoint, Failure, Json, JsonOrEmpty, Method, Path, RateClass, State, body,
    error::INVALID_PARAM,
};
use serde_json::{Map, Value, json};

use super::refused;
use crate::App;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: &["/_matrix/client/unstable/org.matrix.msc4140/delayed_events/{delay}/{action}"],
    auth: Auth::None,
    rate: RateClass::Write,
    body_bytes_max: body::SMALL,
    spec: super::SPEC,
    summary: "Sends, cancels or puts off a delayed event.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    Path((delay, action)): Path<(String, String)>,
    JsonOrEmpty(_): JsonOrEmpty<Map<String, Value>>,
) -> Result<Json<Value>, Failure> {
    act(&app, &delay, &action).await
}

pub(super) async fn act(app: &App, delay: &str, action: &str) -> Result<Json<Value>, Failure> {
    let done = match action {
        "send" => app.rooms.send_delayed_event(delay).await,
        "cancel" => app.rooms.cancel_delayed_event(delay).await,
        "restart" => app.rooms.restart_delayed_event(delay).await,
        _ => return Err(INVALID_PARAM.because("An action is send, cancel or restart")),
    };
    done.map_err(refused)?;
    Ok(Json(json!({})))
}
