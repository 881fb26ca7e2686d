//! `GET /_matrix/client/v3/room_keys/keys/{room}/{session}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3room_keyskeysroomidsessionid
use encryption::backup::BackupError;
use endpoint::{Auth, Endpoint, Failure, Json, Method, Path, Query, RateClass, State, body};
use store::key_backups::Scope;

use super::{error::failure, session_key::SessionKey, version::VersionParameter};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/room_keys/keys/{room}/{session}"),
    auth: Auth::User,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3room_keyskeysroomidsessionid",
    summary: "Reads a key from a version of the caller's key backup.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path((room, session)): Path<(String, String)>,
    Query(VersionParameter { version }): Query<VersionParameter>,
) -> Result<Json<SessionKey>, Failure> {
    let scope = Scope::Session(&room, &session);
    let sessions = app.encryption.backed_up_sessions(caller.user_num, &version, scope).await;
    let sessions = sessions.map_err(failure)?;
    let session = sessions.into_iter().next().ok_or_else(|| failure(BackupError::UnknownKey))?;
    Ok(Json(session.try_into()?))
}
