//! `GET /_matrix/client/v3/rooms/{room}/state` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3roomsroomidstate
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};
use protocol::ids::OwnedRoomId;
use rooms::Format;
use serde_json::value::RawValue;

use super::{error::Error, viewer::viewer};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/rooms/{room}/state"),
    auth: Auth::Guest,
    rate: RateClass::Search,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3roomsroomidstate",
    summary: "Reads the whole state of a room.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path(room): Path<OwnedRoomId>,
) -> Result<Json<Vec<Box<RawValue>>>, Error> {
    let (_, state) = app.rooms.visible_state(&caller.user_id, &room).await?;
    let events: Vec<_> = state.iter().cloned().collect();
    Ok(Json(app.rooms.render(&events, viewer(&caller), Format::Whole).await?))
}
