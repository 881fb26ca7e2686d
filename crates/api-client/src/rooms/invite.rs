//! `POST /_matrix/client/v3/rooms/{room}/invite` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3roomsroomidinvite
use endpoint::{
    Auth, Endpoint, Failure, Json, Method, Path, RateClass, State, body, error::INTERNAL,
};
use protocol::ids::OwnedRoomId;
use serde_json::{Value, json};

use super::{error::Error, target::Target};
use crate::{App, Speaker};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: v3!("/rooms/{room}/invite"),
    auth: Auth::User,
    rate: RateClass::Invite,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3roomsroomidinvite",
    summary: "Asks a user into a room.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Speaker,
    Path(room): Path<OwnedRoomId>,
    Json(body): Json<Target>,
) -> Result<Json<Value>, Failure> {
    let change = body.change(&caller.user_id);
    app.appservices.want_user(change.target).await.map_err(|error| INTERNAL.from_error(&error))?;
    app.rooms.invite(&room, change).await.map_err(Error::from)?;
    Ok(Json(json!({})))
}
