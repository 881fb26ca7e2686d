//! `PUT /_longhouse/local/v1/rooms/{room}/block`: blocks a room, or ends that
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};

use super::{
    Error, ROOM_DOCUMENTATION, named_room,
    room_document::{Blocked, Room},
};
use crate::App;

/// In the registry.
pub const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: &["/_longhouse/local/v1/rooms/{room}/block"],
    auth: Auth::Local,
    rate: RateClass::Admin,
    body_bytes_max: body::SMALL,
    spec: ROOM_DOCUMENTATION,
    summary: "Blocks a room, or ends that.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    Path(room): Path<String>,
    Json(body): Json<Blocked>,
) -> Result<Json<Room>, Error> {
    let room_id = named_room::find(&app, &room).await?;
    if body.blocked {
        app.rooms.block(&room_id, body.message).await?;
    } else {
        app.rooms.unblock(&room_id).await?;
    }
    Ok(Json(named_room::document(&app, &room_id).await?))
}
