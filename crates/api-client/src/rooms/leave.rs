//! `POST /_matrix/client/v3/rooms/{room}/leave` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3roomsroomidleave
use endpoint::{Auth, Endpoint, Json, JsonOrEmpty, Method, Path, RateClass, State, body};
use protocol::ids::OwnedRoomId;
use serde_json::{Value, json};

use super::{error::Error, reason::Reason};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: v3!("/rooms/{room}/leave"),
    auth: Auth::Guest,
    rate: RateClass::Join,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3roomsroomidleave",
    summary: "Leaves a room, turns down an invite, or takes back a knock.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path(room): Path<OwnedRoomId>,
    JsonOrEmpty(body): JsonOrEmpty<Reason>,
) -> Result<Json<Value>, Error> {
    app.rooms.leave(&caller.user_id, &room, body.reason.as_deref()).await?;
    Ok(Json(json!({})))
}
