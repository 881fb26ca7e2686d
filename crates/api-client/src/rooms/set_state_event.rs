//! `PUT /_matrix/client/v3/rooms/{room}/state/{kind}/{state_key}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3roomsroomidstateeventtypestatekey
use endpoint::{
    Auth, Endpoint, Failure, Json, Method, Path, Query, RateClass, State, body, error::BAD_ALIAS,
};
use serde_json::{Value, json};

use super::{
    content::Content,
    error::Error,
    massage::Massage,
    state_path::{PATHS, StatePath},
};
use crate::{Actor, App};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: PATHS,
    auth: Auth::User,
    rate: RateClass::Message,
    body_bytes_max: body::EVENT,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3roomsroomidstateeventtypestatekey",
    summary: "Sets one key of the state of a room.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Actor,
    Path(StatePath { room, kind, state_key }): Path<StatePath>,
    Query(massage): Query<Massage>,
    Content(content): Content,
) -> Result<Json<Value>, Failure> {
    let sent_ts = massage.sent_ts(&caller)?;
    let (user, rooms) = (&caller.user_id, &app.rooms);
    let setting = rooms.set_state_as_of(user, &room, &kind, &state_key, content, sent_ts);
    let event_id = setting.await.map_err(|error| match error {
        rooms::Error::UnknownAlias => BAD_ALIAS.from_error(&error),
        other => Error::from(other).into(),
    })?;
    Ok(Json(json!({ "event_id": event_id })))
}
