//! `DELETE /_matrix/client/v3/room_keys/keys/{room}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#delete_matrixclientv3room_keyskeysroomid
use endpoint::{Auth, Endpoint, Failure, Json, Method, Path, Query, RateClass, State, body};
use store::key_backups::Scope;

use super::{
    error::failure,
    version::{StateReply, VersionParameter},
};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Delete,
    paths: v3!("/room_keys/keys/{room}"),
    auth: Auth::User,
    rate: RateClass::Write,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#delete_matrixclientv3room_keyskeysroomid",
    summary: "Deletes keys of a room from a version of the caller's key backup.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path(room): Path<String>,
    Query(VersionParameter { version }): Query<VersionParameter>,
) -> Result<Json<StateReply>, Failure> {
    let scope = Scope::Room(&room);
    let state = app.encryption.delete_backed_up_sessions(caller.user_num, &version, scope).await;
    Ok(Json(state.map_err(failure)?.into()))
}
