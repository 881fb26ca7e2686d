//! `GET /_matrix/client/unstable/org.matrix.msc4140/delayed_events/{delay}` ([MSC4140])
//!
//! [MSC4140]: https://github.com/matrix-org/matrix-spec-proposals/pull/4140
use endpoint::{
    Auth, Endpoint, Failure, Json, Method, Path, RateClass, State, body, error::INTERNAL,
};

use super::{Shown, refused};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &["/_matrix/client/unstable/org.matrix.msc4140/delayed_events/{delay}"],
    auth: Auth::User,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: super::SPEC,
    summary: "Shows one of the user's delayed events.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path(delay): Path<String>,
) -> Result<Json<Shown>, Failure> {
    let event = app.rooms.delayed_event(caller.user_num, &delay).await.map_err(refused)?;
    Ok(Json(Shown::new(event).map_err(|error| INTERNAL.from_error(&error))?))
}
