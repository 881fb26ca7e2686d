//! `GET /_matrix/client/v3/room_keys/version` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3room_keysversion
use endpoint::{Auth, Endpoint, Failure, Json, Method, RateClass, State, body};

use super::{error::failure, version::VersionReply};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/room_keys/version"),
    auth: Auth::User,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3room_keysversion",
    summary: "Tells the current version of the caller's key backup.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
) -> Result<Json<VersionReply>, Failure> {
    let backup = app.encryption.current_backup(caller.user_num).await.map_err(failure)?;
    Ok(Json(backup.try_into()?))
}
