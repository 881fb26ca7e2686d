//! `DELETE /_matrix/client/unstable/io.element.msc4306/rooms/{room}/thread/{root}/subscription` ([MSC4306])
//!
//! [MSC4306]: https://github.com/matrix-org/matrix-spec-proposals/pull/4306
use endpoint::{Auth, Endpoint, Failure, Json, Method, Path, RateClass, State, body};
use serde_json::{Value, json};

use super::{PATHS, SPEC, ThreadPath, refused};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Delete,
    paths: PATHS,
    auth: Auth::User,
    rate: RateClass::Write,
    body_bytes_max: body::NONE,
    spec: SPEC,
    summary: "Unsubscribes the user from a thread.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path(thread): Path<ThreadPath>,
) -> Result<Json<Value>, Failure> {
    app.push.unsubscribe(&app.rooms, thread.of(&caller)).await.map_err(refused)?;
    Ok(Json(json!({})))
}
