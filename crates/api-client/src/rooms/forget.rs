//! `POST /_matrix/client/v3/rooms/{room}/forget` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3roomsroomidforget
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};
use protocol::ids::OwnedRoomId;
use serde_json::{Value, json};

use super::error::Error;
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: v3!("/rooms/{room}/forget"),
    auth: Auth::Guest,
    rate: RateClass::Write,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3roomsroomidforget",
    summary: "Takes a room that the user has left out of their sight.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path(room): Path<OwnedRoomId>,
) -> Result<Json<Value>, Error> {
    app.rooms.forget(&caller.user_id, &room).await?;
    Ok(Json(json!({})))
}
