//! `DELETE /_matrix/client/v3/directory/room/{alias}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#delete_matrixclientv3directoryroomroomalias
use endpoint::{Auth, Endpoint, Failure, Json, Method, Path, RateClass, State, body};
use protocol::ids::OwnedRoomAliasId;
use serde_json::{Value, json};

use super::{alias::own_alias, error::Error};
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
) -> Result<Json<Value>, Failure> {
    own_alias(&app, &caller, &alias)?;
    // An application service may remove whatever is in its namespace.
    let may_remove_any = caller.is_admin || caller.appservice.is_some();
    let deleting = app.rooms.delete_alias(&caller.user_id, &alias, may_remove_any);
    deleting.await.map_err(Error::from)?;
    Ok(Json(json!({})))
}
