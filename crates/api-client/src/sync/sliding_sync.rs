//! `POST /_matrix/client/unstable/org.matrix.simplified_msc3575/sync` ([MSC4186])
//!
//! [MSC4186]: https://github.com/matrix-org/matrix-spec-proposals/pull/4186
use std::time::Duration;

use ::sync::{
    Error,
    sliding::{Body, Request, RequestError, Response},
};
use endpoint::{
    Auth, Endpoint, Failure, Json, Method, Query, RateClass, State,
    error::{INTERNAL, INVALID_PARAM, UNKNOWN_POS, UNKNOWN_TOKEN},
};
use serde::Deserialize;

use super::client;
use crate::{App, Caller, presence::Status};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: &["/_matrix/client/unstable/org.matrix.simplified_msc3575/sync"],
    auth: Auth::Guest,
    rate: RateClass::Read,
    body_bytes_max: BODY_BYTES_MAX,
    spec: "https://github.com/matrix-org/matrix-spec-proposals/pull/4186",
    summary: "Tells what has changed in windows of the user's rooms since the client last asked.",
};

/// Clients send their whole configuration with every request: it is long if they subscribe to many rooms.
const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;

#[derive(Deserialize)]
pub(crate) struct Parameters {
    pos: Option<String>,
    /// Milliseconds.
    #[serde(default)]
    timeout: u64,
    /// Whether the user is there while their client syncs.
    #[serde(default)]
    set_presence: Status,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Query(parameters): Query<Parameters>,
    Json(body): Json<Body>,
) -> Result<Json<Response>, Failure> {
    let timeout = Duration::from_millis(parameters.timeout);
    let request = Request::new(client(&caller), parameters.pos.as_deref(), timeout, body);
    let request = request.map_err(|error| {
        let kind = match error {
            RequestError::UnknownPosition => UNKNOWN_POS,
            RequestError::TooLong { .. }
            | RequestError::TooMany { .. }
            | RequestError::InvertedRange { .. }
            | RequestError::ControlCharacter
            | RequestError::Since => INVALID_PARAM,
        };
        kind.because(error.to_string())
    })?;
    let syncing = app.presence.begin_sync(caller.user_num, parameters.set_presence.into()).await;
    let _syncing = syncing.map_err(|error| INTERNAL.from_error(&error))?;
    let response = app.sync.sliding_sync(&request).await;
    // The session may have ended while the request waited.
    if caller.0.is_revoked() {
        return Err(UNKNOWN_TOKEN.because("Unknown access token").with("soft_logout", false));
    }
    Ok(Json(response.map_err(|error| match error {
        Error::UnknownPosition => UNKNOWN_POS.because(error.to_string()),
        Error::Rooms(_) | Error::Presence(_) | Error::Storage(_) | Error::Json(_) => {
            INTERNAL.from_error(&error)
        }
    })?))
}
