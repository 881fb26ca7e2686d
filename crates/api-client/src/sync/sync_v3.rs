//! `GET /_matrix/client/v3/sync` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3sync
use std::time::Duration;

use ::sync::v3::{Request, Response, StateAfter};
use endpoint::{
    Auth, Endpoint, Failure, Json, Method, Query, RateClass, State, body,
    error::{INTERNAL, INVALID_PARAM, NOT_JSON, UNKNOWN_TOKEN},
};
use protocol::filter::Filter;
use serde::Deserialize;
use store::UserNum;

use super::client;
use crate::{App, Caller, presence::Status};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/sync"),
    auth: Auth::Guest,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3sync",
    summary: "Tells what has changed since the client last asked, and waits for something if nothing has.",
};

#[derive(Deserialize)]
pub(crate) struct Parameters {
    filter: Option<String>,
    since: Option<String>,
    #[serde(default)]
    full_state: bool,
    /// Milliseconds.
    #[serde(default)]
    timeout: u64,
    /// Whether the user is there while their client syncs.
    #[serde(default)]
    set_presence: Status,
    #[serde(default)]
    use_state_after: bool,
    #[serde(default, rename = "org.matrix.msc4222.use_state_after")]
    unstable_use_state_after: bool,
}

impl Parameters {
    fn state_after(&self) -> StateAfter {
        match (self.use_state_after, self.unstable_use_state_after) {
            (true, _) => StateAfter::Stable,
            (false, true) => StateAfter::Unstable,
            (false, false) => StateAfter::No,
        }
    }
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Query(parameters): Query<Parameters>,
) -> Result<Json<Response>, Failure> {
    let since = match parameters.since.as_deref() {
        Some(token) => {
            let token = token.parse();
            Some(token.map_err(|_| INVALID_PARAM.because("since is no token of this server"))?)
        }
        None => None,
    };
    let request = Request {
        client: client(&caller),
        since,
        filter: filter(&app, caller.user_num, parameters.filter.as_deref()).await?,
        full_state: parameters.full_state,
        timeout: Duration::from_millis(parameters.timeout),
        state_after: parameters.state_after(),
    };
    let syncing = app.presence.begin_sync(caller.user_num, parameters.set_presence.into()).await;
    let _syncing = syncing.map_err(|error| INTERNAL.from_error(&error))?;
    let response = app.sync.sync(&request).await;
    // The session may have ended while the request waited.
    if caller.0.is_revoked() {
        return Err(UNKNOWN_TOKEN.because("Unknown access token").with("soft_logout", false));
    }
    Ok(Json(response.map_err(|error| INTERNAL.from_error(&error))?))
}

/// A filter is given whole, as JSON, or by the id under which it was kept.
async fn filter(app: &App, user: UserNum, given: Option<&str>) -> Result<Filter, Failure> {
    let Some(given) = given else { return Ok(Filter::default()) };
    let kept;
    let text = if given.starts_with('{') {
        given
    } else {
        let found = app.accounts.filter(user, given).await;
        let found = found.map_err(|error| INTERNAL.from_error(&error))?;
        kept = found.ok_or_else(|| INVALID_PARAM.because("there is no filter with this id"))?;
        &kept
    };
    Filter::parse(text.as_bytes()).map_err(|error| {
        let kind = if error.is_not_json() { NOT_JSON } else { INVALID_PARAM };
        kind.because(error.to_string())
    })
}
