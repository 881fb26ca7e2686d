//! `PUT /_matrix/client/v3/room_keys/keys/{room}/{session}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3room_keyskeysroomidsessionid
use endpoint::{Auth, Endpoint, Failure, Json, Method, Path, Query, RateClass, State, body};

use super::{
    error::failure,
    session_key::SessionKey,
    version::{StateReply, VersionParameter},
};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: v3!("/room_keys/keys/{room}/{session}"),
    auth: Auth::User,
    rate: RateClass::Write,
    body_bytes_max: body::EVENT,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3room_keyskeysroomidsessionid",
    summary: "Stores a key in the current version of the caller's key backup.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path((room, session)): Path<(String, String)>,
    Query(VersionParameter { version }): Query<VersionParameter>,
    Json(body): Json<SessionKey>,
) -> Result<Json<StateReply>, Failure> {
    let sessions = [body.of(&room, &session)?];
    let state = app.encryption.back_up_sessions(caller.user_num, &version, &sessions).await;
    Ok(Json(state.map_err(failure)?.into()))
}
