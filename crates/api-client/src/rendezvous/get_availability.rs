//! `GET /_matrix/client/unstable/io.element.msc4388/rendezvous` ([MSC4388])
//!
//! [MSC4388]: https://github.com/matrix-org/matrix-spec-proposals/pull/4388
use endpoint::{Auth, Endpoint, Json, Method, RateClass, State, body};
use serde_json::{Value, json};

use super::error::Error;
use crate::{App, OptionalCaller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &["/_matrix/client/unstable/io.element.msc4388/rendezvous"],
    auth: Auth::Optional,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://github.com/matrix-org/matrix-spec-proposals/pull/4388",
    summary: "Tells whether the caller can begin a meeting of two devices.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: OptionalCaller,
) -> Result<Json<Value>, Error> {
    let settings = app.rendezvous.settings();
    if !settings.enabled {
        return Err(::rendezvous::Error::Disabled.into());
    }
    let create_available = caller.0.is_some() || !settings.users_only;
    Ok(Json(json!({ "create_available": create_available })))
}
