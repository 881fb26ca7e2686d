//! `PUT /_matrix/client/unstable/io.element.msc4306/rooms/{room}/thread/{root}/subscription` ([MSC4306])
//!
//! [MSC4306]: https://github.com/matrix-org/matrix-spec-proposals/pull/4306
use endpoint::{Auth, Endpoint, Failure, Json, Method, Path, RateClass, State, body};
use protocol::ids::OwnedEventId;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{PATHS, SPEC, ThreadPath, refused};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: PATHS,
    auth: Auth::User,
    rate: RateClass::Write,
    body_bytes_max: body::SMALL,
    spec: SPEC,
    summary: "Subscribes the user to a thread.",
};

#[derive(Deserialize)]
pub(crate) struct Body {
    /// The event for which the client subscribes by itself; none if the user wants it.
    automatic: Option<OwnedEventId>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path(thread): Path<ThreadPath>,
    Json(body): Json<Body>,
) -> Result<Json<Value>, Failure> {
    let cause = body.automatic.as_deref();
    app.push.subscribe(&app.rooms, thread.of(&caller), cause).await.map_err(refused)?;
    Ok(Json(json!({})))
}
