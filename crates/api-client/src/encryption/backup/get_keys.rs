//! `GET /_matrix/client/v3/room_keys/keys` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3room_keyskeys
use endpoint::{Auth, Endpoint, Failure, Json, Method, Query, RateClass, State, body};
use store::key_backups::Scope;

use super::{error::failure, session_key::AllKeys, version::VersionParameter};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/room_keys/keys"),
    auth: Auth::User,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3room_keyskeys",
    summary: "Reads keys of all rooms from a version of the caller's key backup.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Query(VersionParameter { version }): Query<VersionParameter>,
) -> Result<Json<AllKeys>, Failure> {
    let scope = Scope::All;
    let sessions = app.encryption.backed_up_sessions(caller.user_num, &version, scope).await;
    let sessions = sessions.map_err(failure)?;
    let mut all = AllKeys::default();
    for session in sessions {
        let room = all.rooms.entry(session.room_id.clone()).or_default();
        room.sessions.insert(session.session_id.clone(), session.try_into()?);
    }
    Ok(Json(all))
}
