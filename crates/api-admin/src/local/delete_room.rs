//! `POST /_longhouse/local/v1/rooms/{room}/delete`: begins to delete a room
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};
use rooms::DeleteRoom;

use super::{
    Error, ROOM_DOCUMENTATION, named, named_room,
    room_document::{Deletion, Job},
};
use crate::App;

/// In the registry.
pub const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: &["/_longhouse/local/v1/rooms/{room}/delete"],
    auth: Auth::Local,
    rate: RateClass::Admin,
    body_bytes_max: body::SMALL,
    spec: ROOM_DOCUMENTATION,
    summary: "Begins to delete a room.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    Path(room): Path<String>,
    Json(body): Json<Deletion>,
) -> Result<Json<Job>, Error> {
    let room_id = named_room::find(&app, &room).await?;
    let new_room = match body.new_room {
        None => None,
        Some(wanted) => Some(rooms::NewRoom {
            creator: named::find(&app, &wanted.creator).await?,
            name: wanted.name,
            notice: wanted.notice,
        }),
    };
    let how = DeleteRoom { block: body.block, message: body.message, new_room };
    Ok(Json(app.rooms.request_deletion(&room_id, how).await?.into()))
}
