//! `GET /_matrix/client/v3/account/whoami` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3accountwhoami
use endpoint::{Auth, Endpoint, Json, Method, RateClass, body};
use serde::Serialize;

use crate::Caller;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/account/whoami"),
    auth: Auth::Guest,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3accountwhoami",
    summary: "Tells whose access token it is.",
};

#[derive(Serialize)]
pub(crate) struct Reply {
    user_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_id: Option<String>,
    is_guest: bool,
}

pub(crate) async fn handler(caller: Caller) -> Json<Reply> {
    let session = caller.0;
    Json(Reply {
        user_id: session.user_id.to_string(),
        device_id: session.device().map(ToString::to_string),
        is_guest: session.is_guest,
    })
}
