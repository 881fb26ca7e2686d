//! `DELETE /_matrix/client/v3/pushrules/global/{kind}/{rule}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#delete_matrixclientv3pushrulesglobalkindruleid
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};
use serde_json::{Value, json};

use super::{error::Error, kind::Kind};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Delete,
    paths: v3!("/pushrules/global/{kind}/{rule}"),
    auth: Auth::User,
    rate: RateClass::Write,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#delete_matrixclientv3pushrulesglobalkindruleid",
    summary: "Deletes one of the user's push rules.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path((kind, rule)): Path<(Kind, String)>,
) -> Result<Json<Value>, Error> {
    let change = app
        .push
        .change_rules(caller.user_num, &caller.user_id, |rules| rules.remove(kind.into(), &rule));
    change.await?;
    Ok(Json(json!({})))
}
