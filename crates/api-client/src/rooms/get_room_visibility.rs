//! `GET /_matrix/client/v3/directory/list/room/{room}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3directorylistroomroomid
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};
use protocol::ids::OwnedRoomId;
use serde_json::{Value, json};

use super::error::Error;
use crate::App;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/directory/list/room/{room}"),
    auth: Auth::None,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3directorylistroomroomid",
    summary: "Tells whether the public room list shows a room.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    Path(room): Path<OwnedRoomId>,
) -> Result<Json<Value>, Error> {
    let visibility = if app.rooms.is_published(&room).await? { "public" } else { "private" };
    Ok(Json(json!({ "visibility": visibility })))
}
