//! `PUT /_matrix/client/v3/room_keys/keys/{room}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3room_keyskeysroomid
use endpoint::{Auth, Endpoint, Failure, Json, Method, Path, Query, RateClass, State, body};

use super::{
    error::failure,
    session_key::RoomKeys,
    version::{StateReply, VersionParameter},
};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: v3!("/room_keys/keys/{room}"),
    auth: Auth::User,
    rate: RateClass::Write,
    body_bytes_max: body::BACKUP,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3room_keyskeysroomid",
    summary: "Stores keys of a room in the current version of the caller's key backup.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path(room): Path<String>,
    Query(VersionParameter { version }): Query<VersionParameter>,
    Json(body): Json<RoomKeys>,
) -> Result<Json<StateReply>, Failure> {
    let sessions = body.of(&room)?;
    let state = app.encryption.back_up_sessions(caller.user_num, &version, &sessions).await;
    Ok(Json(state.map_err(failure)?.into()))
}
