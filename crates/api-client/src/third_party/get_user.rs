//! `GET /_matrix/client/v3/thirdparty/user` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3thirdpartyuser
use endpoint::{Auth, Endpoint, Failure, Json, Method, Query, RateClass, State, body};
use protocol::ids::OwnedUserId;
use serde::Deserialize;
use serde_json::Value;

use super::found::found;
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/thirdparty/user"),
    auth: Auth::User,
    rate: RateClass::Search,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3thirdpartyuser",
    summary: "Finds whom of bridged networks a user stands for.",
};

#[derive(Deserialize)]
pub(crate) struct Parameters {
    userid: OwnedUserId,
}

pub(crate) async fn handler(
    State(app): State<App>,
    _: Caller,
    Query(Parameters { userid }): Query<Parameters>,
) -> Result<Json<Vec<Value>>, Failure> {
    found(app.third_party.users_of_id(userid.as_str()).await)
}
