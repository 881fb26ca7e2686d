//! `GET /_longhouse/local/v1/rooms/{room}`: tells about a room
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};

use super::{Error, ROOM_DOCUMENTATION, named_room, room_document::Room};
use crate::App;

/// In the registry.
pub const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &["/_longhouse/local/v1/rooms/{room}"],
    auth: Auth::Local,
    rate: RateClass::Admin,
    body_bytes_max: body::NONE,
    spec: ROOM_DOCUMENTATION,
    summary: "Tells about a room.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    Path(room): Path<String>,
) -> Result<Json<Room>, Error> {
    let room_id = named_room::find(&app, &room).await?;
    Ok(Json(named_room::document(&app, &room_id).await?))
}
