//! `POST /_matrix/client/v3/room_keys/version` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3room_keysversion
use endpoint::{Auth, Endpoint, Failure, Json, Method, RateClass, State, body};
use serde_json::{Value, json};

use super::{error::failure, version::VersionBody};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: v3!("/room_keys/version"),
    auth: Auth::User,
    rate: RateClass::Write,
    body_bytes_max: body::EVENT,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3room_keysversion",
    summary: "Starts a new version of the caller's key backup.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Json(body): Json<VersionBody>,
) -> Result<Json<Value>, Failure> {
    let (user, auth_data) = (caller.user_num, body.auth_data()?);
    let version = app.encryption.create_backup(user, &body.algorithm, auth_data).await;
    Ok(Json(json!({ "version": version.map_err(failure)? })))
}
