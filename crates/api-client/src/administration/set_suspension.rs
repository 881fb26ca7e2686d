//! `PUT /_matrix/client/v1/admin/suspend/{user}` ([spec])
//!
//! [spec]: https://spec.matrix.org/unstable/client-server-api/#put_matrixclientv1adminsuspenduserid
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};
use protocol::ids::OwnedUserId;
use serde::{Deserialize, Serialize};

use super::error::Error;
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: &[
        "/_matrix/client/v1/admin/suspend/{user}",
        "/_matrix/client/unstable/uk.timedout.msc4323/admin/suspend/{user}",
    ],
    auth: Auth::Admin,
    rate: RateClass::Admin,
    body_bytes_max: body::SMALL,
    spec: "https://github.com/matrix-org/matrix-spec-proposals/pull/4323",
    summary: "Suspends an account for an administrator, or ends that.",
};

#[derive(Deserialize, Serialize)]
pub(crate) struct Body {
    suspended: bool,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<OwnedUserId>,
    Json(body): Json<Body>,
) -> Result<Json<Body>, Error> {
    app.accounts.set_suspended_by(&caller, &user, body.suspended).await?;
    Ok(Json(body))
}
