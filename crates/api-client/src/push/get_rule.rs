//! `GET /_matrix/client/v3/pushrules/global/{kind}/{rule}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3pushrulesglobalkindruleid
use bytes::Bytes;
use endpoint::{Auth, Endpoint, Method, Path, RateClass, RawJson, State, body};

use super::{error::Error, kind::Kind};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/pushrules/global/{kind}/{rule}"),
    auth: Auth::User,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3pushrulesglobalkindruleid",
    summary: "Shows one push rule.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path((kind, rule)): Path<(Kind, String)>,
) -> Result<RawJson, Error> {
    let rules = app.push.rules(caller.user_num, &caller.user_id).await?;
    let rule = rules.rule_json(kind.into(), &rule).ok_or(Error::NOT_FOUND)?;
    Ok(RawJson(Bytes::from(rule)))
}
