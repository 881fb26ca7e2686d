//! `POST /_longhouse/local/v1/rooms/{room}/purge`: begins to remove old events of a room
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};
use protocol::ids::EventId;
use rooms::PurgeBefore;

use super::{
    Error, ROOM_DOCUMENTATION, named_room,
    room_document::{Job, Purge},
};
use crate::App;

/// In the registry.
pub const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: &["/_longhouse/local/v1/rooms/{room}/purge"],
    auth: Auth::Local,
    rate: RateClass::Admin,
    body_bytes_max: body::SMALL,
    spec: ROOM_DOCUMENTATION,
    summary: "Begins to remove old events of a room.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    Path(room): Path<String>,
    Json(body): Json<Purge>,
) -> Result<Json<Job>, Error> {
    let room_id = named_room::find(&app, &room).await?;
    let before = match body {
        Purge::BeforeMs(ts) => PurgeBefore::Time(ts),
        Purge::BeforeEvent(event) => {
            let event = EventId::parse(event).map_err(|_| rooms::Error::UnknownEvent)?;
            PurgeBefore::Event(event)
        }
    };
    Ok(Json(app.rooms.request_purge(&room_id, before).await?.into()))
}
