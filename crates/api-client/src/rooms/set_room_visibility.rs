//! `PUT /_matrix/client/v3/directory/list/room/{room}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3directorylistroomroomid
use endpoint::{Auth, Endpoint, Json, JsonOrEmpty, Method, Path, RateClass, State, body};
use protocol::ids::OwnedRoomId;
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::Error;
use crate::{Actor, App};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: v3!("/directory/list/room/{room}"),
    auth: Auth::User,
    rate: RateClass::Write,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3directorylistroomroomid",
    summary: "Shows a room in the public room list, or no longer.",
};

#[derive(Deserialize)]
pub(crate) struct Body {
    #[serde(default)]
    visibility: Visibility,
}

#[derive(Clone, Copy, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Visibility {
    #[default]
    Public,
    Private,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Actor,
    Path(room): Path<OwnedRoomId>,
    JsonOrEmpty(body): JsonOrEmpty<Body>,
) -> Result<Json<Value>, Error> {
    let published = body.visibility == Visibility::Public;
    app.rooms.set_published(&caller.user_id, &room, published, caller.is_admin).await?;
    Ok(Json(json!({})))
}
