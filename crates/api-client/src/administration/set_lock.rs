//! `PUT /_matrix/client/v1/admin/lock/{user}` ([spec])
//!
//! [spec]: https://spec.matrix.org/unstable/client-server-api/#put_matrixclientv1adminlockuserid
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};
use protocol::ids::OwnedUserId;
use serde::{Deserialize, Serialize};

use super::error::Error;
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: &[
        "/_matrix/client/v1/admin/lock/{user}",
        "/_matrix/client/unstable/uk.timedout.msc4323/admin/lock/{user}",
    ],
    auth: Auth::Admin,
    rate: RateClass::Admin,
    body_bytes_max: body::SMALL,
    spec: "https://github.com/matrix-org/matrix-spec-proposals/pull/4323",
    summary: "Locks an account for an administrator, or ends that.",
};

#[derive(Deserialize, Serialize)]
pub(crate) struct Body {
    locked: bool,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<OwnedUserId>,
    Json(body): Json<Body>,
) -> Result<Json<Body>, Error> {
    app.accounts.set_locked_by(&caller, &user, body.locked).await?;
    Ok(Json(body))
}
