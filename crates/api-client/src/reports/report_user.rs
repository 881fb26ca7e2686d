//! `POST /_matrix/client/v3/users/{user}/report` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3usersuseridreport
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};
use protocol::ids::OwnedUserId;
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::{Error, reporter};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: &[
        "/_matrix/client/v3/users/{user}/report",
        "/_matrix/client/r0/users/{user}/report",
        "/_matrix/client/unstable/org.matrix.msc4260/users/{user}/report",
    ],
    auth: Auth::User,
    rate: RateClass::Write,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3usersuseridreport",
    summary: "Reports a user to those who run the server.",
};

#[derive(Deserialize)]
pub(crate) struct Body {
    reason: String,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<OwnedUserId>,
    Json(body): Json<Body>,
) -> Result<Json<Value>, Error> {
    app.moderation.report_user(&reporter(&caller), &user, &body.reason).await?;
    Ok(Json(json!({})))
}
