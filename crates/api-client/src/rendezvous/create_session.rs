//! `POST /_matrix/client/unstable/io.element.msc4388/rendezvous` ([MSC4388])
//!
//! [MSC4388]: https://github.com/matrix-org/matrix-spec-proposals/pull/4388
use endpoint::{Auth, Endpoint, Failure, Json, Method, RateClass, State, body, error::FORBIDDEN};
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::Error;
use crate::{App, OptionalCaller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: &["/_matrix/client/unstable/io.element.msc4388/rendezvous"],
    auth: Auth::Optional,
    rate: RateClass::Login,
    body_bytes_max: body::SMALL,
    spec: "https://github.com/matrix-org/matrix-spec-proposals/pull/4388",
    summary: "Begins a meeting of two devices.",
};

#[derive(Deserialize)]
pub(crate) struct Body {
    data: String,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: OptionalCaller,
    Json(body): Json<Body>,
) -> Result<Json<Value>, Failure> {
    let settings = app.rendezvous.settings();
    if settings.enabled && settings.users_only && caller.0.is_none() {
        return Err(FORBIDDEN.because("Only users of this server can do this"));
    }
    let (id, payload) =
        app.rendezvous.create(body.data.into(), "text/plain").map_err(Error::from)?;
    Ok(Json(json!({
        "id": id,
        "sequence_token": payload.revision.to_string(),
        "expires_in_ms": app.rendezvous.expires_in_ms(&payload),
    })))
}
