//! `POST /_matrix/client/v3/rooms/{room}/kick` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3roomsroomidkick
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};
use protocol::ids::OwnedRoomId;
use serde_json::{Value, json};

use super::{error::Error, target::Target};
use crate::{App, Speaker};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: v3!("/rooms/{room}/kick"),
    auth: Auth::User,
    rate: RateClass::Write,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3roomsroomidkick",
    summary: "Removes a user from a room; they may come back.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Speaker,
    Path(room): Path<OwnedRoomId>,
    Json(body): Json<Target>,
) -> Result<Json<Value>, Error> {
    app.rooms.kick(&room, body.change(&caller.user_id)).await?;
    Ok(Json(json!({})))
}
