//! `GET /_matrix/client/v3/login` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3login
use endpoint::{Auth, Endpoint, Json, Method, RateClass, State, body};
use serde_json::{Value, json};

use crate::App;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/login"),
    auth: Auth::None,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3login",
    summary: "Lists the ways to log in.",
};

pub(crate) async fn handler(State(app): State<App>) -> Json<Value> {
    let mut flows = vec![json!({ "type": "m.login.password" })];
    if app.accounts.settings().login_tokens {
        flows.push(json!({ "type": "m.login.token", "get_login_token": true }));
    }
    flows.push(json!({ "type": "m.login.application_service" }));
    Json(json!({ "flows": flows }))
}
