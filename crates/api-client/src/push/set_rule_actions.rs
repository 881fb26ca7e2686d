//! `PUT /_matrix/client/v3/pushrules/global/{kind}/{rule}/actions` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3pushrulesglobalkindruleidactions
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, RawBody, State, body};
use serde_json::{Value, json};

use super::{error::Error, kind::Kind};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: v3!("/pushrules/global/{kind}/{rule}/actions"),
    auth: Auth::User,
    rate: RateClass::Write,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3pushrulesglobalkindruleidactions",
    summary: "Changes what a push rule does.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path((kind, rule)): Path<(Kind, String)>,
    RawBody(body): RawBody,
) -> Result<Json<Value>, Error> {
    let change = app.push.change_rules(caller.user_num, &caller.user_id, |rules| {
        rules.set_actions(kind.into(), &rule, &body)
    });
    change.await?;
    Ok(Json(json!({})))
}
