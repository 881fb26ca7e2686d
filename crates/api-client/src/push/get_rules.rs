//! `GET /_matrix/client/v3/pushrules/global/` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3pushrulesglobal
use bytes::Bytes;
use endpoint::{Auth, Endpoint, Method, RateClass, RawJson, State, body};

use super::error::Error;
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/pushrules/global/"),
    auth: Auth::Guest,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3pushrulesglobal",
    summary: "Shows the user's push rules.",
};

pub(crate) async fn handler(State(app): State<App>, caller: Caller) -> Result<RawJson, Error> {
    let rules = app.push.rules(caller.user_num, &caller.user_id).await?;
    Ok(RawJson(Bytes::from(rules.to_json())))
}
