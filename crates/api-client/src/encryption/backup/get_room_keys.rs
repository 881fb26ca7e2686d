//! `GET /_matrix/client/v3/room_keys/keys/{room}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3room_keyskeysroomid
use endpoint::{Auth, Endpoint, Failure, Json, Method, Path, Query, RateClass, State, body};
use store::key_backups::Scope;

use super::{error::failure, session_key::RoomKeys, version::VersionParameter};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/room_keys/keys/{room}"),
    auth: Auth::User,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3room_keyskeysroomid",
    summary: "Reads keys of a room from a version of the caller's key backup.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path(room): Path<String>,
    Query(VersionParameter { version }): Query<VersionParameter>,
) -> Result<Json<RoomKeys>, Failure> {
    let scope = Scope::Room(&room);
    let sessions = app.encryption.backed_up_sessions(caller.user_num, &version, scope).await;
    let sessions = sessions.map_err(failure)?;
    let mut keys = RoomKeys::default();
    for session in sessions {
        keys.sessions.insert(session.session_id.clone(), session.try_into()?);
    }
    Ok(Json(keys))
}
