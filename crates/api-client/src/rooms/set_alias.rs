//! `PUT /_matrix/client/v3/directory/room/{alias}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3directoryroomroomalias
use endpoint::{
    Auth, Endpoint, Failure, Json, Method, Path, RateClass, State, body, error::INVALID_PARAM,
};
use protocol::ids::{OwnedRoomAliasId, OwnedRoomId};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{alias::own_alias, error::Error};
use crate::{Actor, App};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: v3!("/directory/room/{alias}"),
    auth: Auth::User,
    rate: RateClass::Write,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3directoryroomroomalias",
    summary: "Makes a room alias lead to a room.",
};

#[derive(Deserialize)]
pub(crate) struct Body {
    room_id: OwnedRoomId,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Actor,
    Path(alias): Path<OwnedRoomAliasId>,
    Json(body): Json<Body>,
) -> Result<Json<Value>, Failure> {
    own_alias(&app, &caller, &alias)?;
    let setting = app.rooms.set_alias(&caller.user_id, &alias, &body.room_id);
    setting.await.map_err(|error| match error {
        rooms::Error::NotLocal(_) => INVALID_PARAM.from_error(&error),
        other => Error::from(other).into(),
    })?;
    Ok(Json(json!({})))
}
