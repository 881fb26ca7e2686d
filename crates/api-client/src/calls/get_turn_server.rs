//! `GET /_matrix/client/v3/voip/turnServer` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3voipturnserver
use endpoint::{Auth, Endpoint, Json, Method, RateClass, State, body};
use serde_json::{Value, json};

use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/voip/turnServer"),
    auth: Auth::Guest,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3voipturnserver",
    summary: "Gives credentials for the relays that calls between two go through.",
};

/// Without a relay the reply is empty: clients then call without one.
pub(crate) async fn handler(State(app): State<App>, caller: Caller) -> Json<Value> {
    let Some(credentials) = app.calls.turn_credentials(&caller.user_id) else {
        return Json(json!({}));
    };
    Json(json!({
        "uris": credentials.uris,
        "username": credentials.username,
        "password": credentials.password.expose(),
        "ttl": credentials.lifetime_s,
    }))
}
