//! `GET /_matrix/client/v3/thirdparty/protocol/{protocol}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3thirdpartyprotocolprotocol
use endpoint::{
    Auth, Endpoint, Failure, Json, Method, Path, RateClass, State, body, error::NOT_FOUND,
};
use serde_json::Value;

use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/thirdparty/protocol/{protocol}"),
    auth: Auth::User,
    rate: RateClass::Search,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3thirdpartyprotocolprotocol",
    summary: "Describes a network that is bridged to this server.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    _: Caller,
    Path(protocol): Path<String>,
) -> Result<Json<Value>, Failure> {
    let known = app.third_party.protocols().await.remove(&protocol);
    known.map(Json).ok_or_else(|| NOT_FOUND.because("There is no such network here"))
}
