//! `GET /_matrix/client/v1/admin/suspend/{user}` ([spec])
//!
//! [spec]: https://spec.matrix.org/unstable/client-server-api/#get_matrixclientv1adminsuspenduserid
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};
use protocol::ids::OwnedUserId;
use serde_json::{Value, json};

use super::error::Error;
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &[
        "/_matrix/client/v1/admin/suspend/{user}",
        "/_matrix/client/unstable/uk.timedout.msc4323/admin/suspend/{user}",
    ],
    auth: Auth::Admin,
    rate: RateClass::Admin,
    body_bytes_max: body::NONE,
    spec: "https://github.com/matrix-org/matrix-spec-proposals/pull/4323",
    summary: "Tells an administrator whether an account is suspended.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    _: Caller,
    Path(user): Path<OwnedUserId>,
) -> Result<Json<Value>, Error> {
    let user = app.accounts.standing(&user).await?;
    Ok(Json(json!({ "suspended": user.suspended })))
}
