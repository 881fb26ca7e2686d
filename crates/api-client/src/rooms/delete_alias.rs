//! `DELETE /_matrix/client/v3/directory/room/{alias}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#delete_matrixclientv3directoryroomroomalias
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};
use protocol::ids::OwnedRoomAliasId;
use serde_json::{Value, json};

use super::error::Error;
use crate::{Actor, App};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Delete,
    paths: v3!("/directory/room/{alias}"),
    auth: Auth::User,
    rate: RateClass::Write,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#delete_matrixclientv3directoryroomroomalias",
    summary: "Removes a room alias.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Actor,
    Path(alias): Path<OwnedRoomAliasId>,
) -> Result<Json<Value>, Error> {
    app.rooms.delete_alias(&caller.user_id, &alias, caller.is_admin).await?;
    Ok(Json(json!({})))
}
