//! `PUT /_matrix/client/v3/room_keys/keys` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3room_keyskeys
use endpoint::{Auth, Endpoint, Failure, Json, Method, Query, RateClass, State, body};

use super::{
    error::failure,
    session_key::AllKeys,
    version::{StateReply, VersionParameter},
};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: v3!("/room_keys/keys"),
    auth: Auth::User,
    rate: RateClass::Write,
    body_bytes_max: body::BACKUP,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3room_keyskeys",
    summary: "Stores keys of all rooms in the current version of the caller's key backup.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Query(VersionParameter { version }): Query<VersionParameter>,
    Json(body): Json<AllKeys>,
) -> Result<Json<StateReply>, Failure> {
    let mut sessions = Vec::new();
    for (room, keys) in &body.rooms {
        sessions.extend(keys.of(room)?);
    }
    let state = app.encryption.back_up_sessions(caller.user_num, &version, &sessions).await;
    Ok(Json(state.map_err(failure)?.into()))
}
