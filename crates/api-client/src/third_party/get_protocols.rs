//! `GET /_matrix/client/v3/thirdparty/protocols` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3thirdpartyprotocols
use endpoint::{Auth, Endpoint, Json, Method, RateClass, State, body};
use serde_json::{Map, Value};

use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/thirdparty/protocols"),
    auth: Auth::User,
    rate: RateClass::Search,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3thirdpartyprotocols",
    summary: "Lists the networks that are bridged to this server.",
};

pub(crate) async fn handler(State(app): State<App>, _: Caller) -> Json<Map<String, Value>> {
    Json(app.third_party.protocols().await)
}
