//! `GET /_matrix/client/v3/thirdparty/user/{protocol}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3thirdpartyuserprotocol
use endpoint::{Auth, Endpoint, Failure, Json, Method, Path, Query, RateClass, State, body};
use serde_json::Value;

use super::found::found;
use crate::{App, Caller, Fields};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/thirdparty/user/{protocol}"),
    auth: Auth::User,
    rate: RateClass::Search,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3thirdpartyuserprotocol",
    summary: "Finds the users who stand for somebody of a bridged network.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    _: Caller,
    Path(protocol): Path<String>,
    Query(fields): Query<Fields>,
) -> Result<Json<Vec<Value>>, Failure> {
    found(app.third_party.users(&protocol, &fields).await)
}
