//! `POST /_matrix/client/v3/rooms/{room}/upgrade` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3roomsroomidupgrade
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};
use protocol::ids::{OwnedRoomId, OwnedUserId};
use rooms::UpgradeRoom;
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::Error;
use crate::{App, Speaker, app::room_upgrades};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: v3!("/rooms/{room}/upgrade"),
    auth: Auth::User,
    rate: RateClass::CreateRoom,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3roomsroomidupgrade",
    summary: "Replaces a room by one of another version.",
};

#[derive(Deserialize)]
pub(crate) struct Body {
    new_version: String,
    #[serde(default)]
    additional_creators: Vec<OwnedUserId>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Speaker,
    Path(room): Path<OwnedRoomId>,
    Json(body): Json<Body>,
) -> Result<Json<Value>, Error> {
    let Body { new_version, additional_creators } = body;
    let request = UpgradeRoom { new_version, additional_creators };
    let new = app.rooms.upgrade_room(&caller.user_id, &room, &request).await?;
    room_upgrades::carry_over(&app, &caller, &new).await;
    Ok(Json(json!({ "replacement_room": new })))
}
