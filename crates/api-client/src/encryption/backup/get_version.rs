//! `GET /_matrix/client/v3/room_keys/version/{version}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3room_keysversionversion
use endpoint::{Auth, Endpoint, Failure, Json, Method, Path, RateClass, State, body};

use super::{error::failure, version::VersionReply};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/room_keys/version/{version}"),
    auth: Auth::User,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3room_keysversionversion",
    summary: "Tells about a version of the caller's key backup.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path(version): Path<String>,
) -> Result<Json<VersionReply>, Failure> {
    let backup = app.encryption.backup(caller.user_num, &version).await.map_err(failure)?;
    Ok(Json(backup.try_into()?))
}
