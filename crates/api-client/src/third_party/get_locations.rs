//! `GET /_matrix/client/v3/thirdparty/location/{protocol}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3thirdpartylocationprotocol
use endpoint::{Auth, Endpoint, Failure, Json, Method, Path, Query, RateClass, State, body};
use serde_json::Value;

use super::found::found;
use crate::{App, Caller, Fields};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/thirdparty/location/{protocol}"),
    auth: Auth::User,
    rate: RateClass::Search,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3thirdpartylocationprotocol",
    summary: "Finds the rooms that lead to a place of a bridged network.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    _: Caller,
    Path(protocol): Path<String>,
    Query(fields): Query<Fields>,
) -> Result<Json<Vec<Value>>, Failure> {
    found(app.third_party.locations(&protocol, &fields).await)
}
