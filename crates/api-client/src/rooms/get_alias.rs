//! `GET /_matrix/client/v3/directory/room/{alias}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3directoryroomroomalias
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};
use protocol::ids::OwnedRoomAliasId;
use serde_json::{Value, json};

use super::{error::Error, find_room::resolve};
use crate::App;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/directory/room/{alias}"),
    auth: Auth::None,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3directoryroomroomalias",
    summary: "Tells where a room alias leads.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    Path(alias): Path<OwnedRoomAliasId>,
) -> Result<Json<Value>, Error> {
    let room = resolve(&app, &alias).await?;
    Ok(Json(json!({ "room_id": room, "servers": [app.settings.server_name] })))
}
