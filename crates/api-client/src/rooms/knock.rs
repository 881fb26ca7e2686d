//! `POST /_matrix/client/v3/knock/{room_or_alias}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3knockroomidoralias
use endpoint::{Auth, Endpoint, Failure, Json, JsonOrEmpty, Method, Path, RateClass, State, body};
use protocol::ids::OwnedRoomOrAliasId;
use serde_json::{Value, json};

use super::{error::Error, find_room::find_room, reason::Reason};
use crate::{App, Speaker};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: v3!("/knock/{room_or_alias}"),
    auth: Auth::User,
    rate: RateClass::Join,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3knockroomidoralias",
    summary: "Asks to be let into a room.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Speaker,
    Path(name): Path<OwnedRoomOrAliasId>,
    JsonOrEmpty(body): JsonOrEmpty<Reason>,
) -> Result<Json<Value>, Failure> {
    let room = find_room(&app, name).await?;
    let knocking = app.rooms.knock(&caller.user_id, &room, body.reason.as_deref());
    knocking.await.map_err(Error::from)?;
    Ok(Json(json!({ "room_id": room })))
}
