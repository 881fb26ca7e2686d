//! `GET /_matrix/client/unstable/io.element.msc4306/rooms/{room}/thread/{root}/subscription` ([MSC4306])
//!
//! [MSC4306]: https://github.com/matrix-org/matrix-spec-proposals/pull/4306
use endpoint::{
    Auth, Endpoint, Failure, Json, Method, Path, RateClass, State, body, error::NOT_FOUND,
};
use serde_json::{Value, json};

use super::{PATHS, SPEC, ThreadPath, refused};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: PATHS,
    auth: Auth::User,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: SPEC,
    summary: "Tells whether the user has subscribed to a thread.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path(thread): Path<ThreadPath>,
) -> Result<Json<Value>, Failure> {
    let found = app.push.subscription(&app.rooms, thread.of(&caller)).await.map_err(refused)?;
    let row = found.ok_or_else(|| NOT_FOUND.because("You have not subscribed to that thread"))?;
    Ok(Json(json!({ "automatic": row.is_automatic })))
}
