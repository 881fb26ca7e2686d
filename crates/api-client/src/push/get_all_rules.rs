//! `GET /_matrix/client/v3/pushrules/` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3pushrules
use bytes::Bytes;
use endpoint::{Auth, Endpoint, Method, RateClass, RawJson, State, body};

use super::error::Error;
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/pushrules/"),
    auth: Auth::Guest,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3pushrules",
    summary: "Shows the user's push rules, in the only set there is.",
};

pub(crate) async fn handler(State(app): State<App>, caller: Caller) -> Result<RawJson, Error> {
    let rules = app.push.account_data(caller.user_num, &caller.user_id).await?;
    Ok(RawJson(Bytes::from(rules)))
}
