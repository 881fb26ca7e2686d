//! `GET /_matrix/client/v3/pushrules/global/{kind}/{rule}/actions` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3pushrulesglobalkindruleidactions
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};
use serde_json::{Value, json};

use super::{error::Error, kind::Kind};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/pushrules/global/{kind}/{rule}/actions"),
    auth: Auth::User,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3pushrulesglobalkindruleidactions",
    summary: "Shows what a push rule does.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path((kind, rule)): Path<(Kind, String)>,
) -> Result<Json<Value>, Error> {
    let rules = app.push.rules(caller.user_num, &caller.user_id).await?;
    let actions = rules.actions(kind.into(), &rule).ok_or(Error::NOT_FOUND)?;
    Ok(Json(json!({ "actions": actions })))
}
