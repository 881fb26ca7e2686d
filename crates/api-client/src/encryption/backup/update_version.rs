//! `PUT /_matrix/client/v3/room_keys/version/{version}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3room_keysversionversion
use endpoint::{
    Auth, Endpoint, Failure, Json, Method, Path, RateClass, State, body, error::INVALID_PARAM,
};
use serde_json::{Value, json};

use super::{error::failure, version::VersionBody};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: v3!("/room_keys/version/{version}"),
    auth: Auth::User,
    rate: RateClass::Write,
    body_bytes_max: body::EVENT,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3room_keysversionversion",
    summary: "Replaces what clients need to use a version of the caller's key backup.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path(version): Path<String>,
    Json(body): Json<VersionBody>,
) -> Result<Json<Value>, Failure> {
    if body.version.as_ref().is_some_and(|named| *named != version) {
        return Err(INVALID_PARAM.because("version differs from the one in the path"));
    }
    let (user, auth_data) = (caller.user_num, body.auth_data()?);
    let updated = app.encryption.update_backup(user, &version, &body.algorithm, auth_data).await;
    updated.map_err(failure)?;
    Ok(Json(json!({})))
}
