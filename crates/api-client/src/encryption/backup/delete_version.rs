//! `DELETE /_matrix/client/v3/room_keys/version/{version}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#delete_matrixclientv3room_keysversionversion
use endpoint::{Auth, Endpoint, Failure, Json, Method, Path, RateClass, State, body};
use serde_json::{Value, json};

use super::error::failure;
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Delete,
    paths: v3!("/room_keys/version/{version}"),
    auth: Auth::User,
    rate: RateClass::Write,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#delete_matrixclientv3room_keysversionversion",
    summary: "Deletes a version of the caller's key backup with its keys.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path(version): Path<String>,
) -> Result<Json<Value>, Failure> {
    app.encryption.delete_backup(caller.user_num, &version).await.map_err(failure)?;
    Ok(Json(json!({})))
}
