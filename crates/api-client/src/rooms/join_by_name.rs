//! `POST /_matrix/client/v3/join/{room_or_alias}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3joinroomidoralias
use endpoint::{Auth, Endpoint, Failure, Json, JsonOrEmpty, Method, Path, RateClass, State, body};
use protocol::ids::OwnedRoomOrAliasId;
use serde_json::{Value, json};

use super::{agreed::may_join, error::Error, find_room::find_room, reason::Reason};
use crate::{Actor, App, app::room_upgrades};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: v3!("/join/{room_or_alias}"),
    auth: Auth::Guest,
    rate: RateClass::Join,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3joinroomidoralias",
    summary: "Joins a room, found by its id or an alias.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Actor,
    Path(name): Path<OwnedRoomOrAliasId>,
    JsonOrEmpty(body): JsonOrEmpty<Reason>,
) -> Result<Json<Value>, Failure> {
    let room = find_room(&app, name).await?;
    may_join(&app, &caller, &room).await?;
    if caller.is_guest {
        app.rooms.check_guests_can_join(&room).await.map_err(Error::from)?;
    }
    let joining = app.rooms.join(&caller.user_id, &room, body.reason.as_deref());
    joining.await.map_err(Error::from)?;
    room_upgrades::carry_over(&app, &caller, &room).await;
    Ok(Json(json!({ "room_id": room })))
}
