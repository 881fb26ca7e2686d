//! `GET /_matrix/client/v3/thirdparty/location` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3thirdpartylocation
use endpoint::{Auth, Endpoint, Failure, Json, Method, Query, RateClass, State, body};
use protocol::ids::OwnedRoomAliasId;
use serde::Deserialize;
use serde_json::Value;

use super::found::found;
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/thirdparty/location"),
    auth: Auth::User,
    rate: RateClass::Search,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3thirdpartylocation",
    summary: "Finds the places of bridged networks that an alias leads to.",
};

#[derive(Deserialize)]
pub(crate) struct Parameters {
    alias: OwnedRoomAliasId,
}

pub(crate) async fn handler(
    State(app): State<App>,
    _: Caller,
    Query(Parameters { alias }): Query<Parameters>,
) -> Result<Json<Vec<Value>>, Failure> {
    found(app.third_party.locations_of_alias(alias.as_str()).await)
}
