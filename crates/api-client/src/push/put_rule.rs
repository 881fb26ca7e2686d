//! `PUT /_matrix/client/v3/pushrules/global/{kind}/{rule}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3pushrulesglobalkindruleid
use endpoint::{Auth, Endpoint, Json, Method, Path, Query, RateClass, RawBody, State, body};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{error::Error, kind::Kind};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: v3!("/pushrules/global/{kind}/{rule}"),
    auth: Auth::User,
    rate: RateClass::Write,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3pushrulesglobalkindruleid",
    summary: "Adds or replaces one of the user's push rules.",
};

#[derive(Deserialize)]
pub(crate) struct Place {
    after: Option<String>,
    before: Option<String>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path((kind, rule)): Path<(Kind, String)>,
    Query(Place { after, before }): Query<Place>,
    RawBody(body): RawBody,
) -> Result<Json<Value>, Error> {
    let (after, before) = (after.as_deref(), before.as_deref());
    let change = app.push.change_rules(caller.user_num, &caller.user_id, |rules| {
        rules.put(kind.into(), &rule, &body, after, before)
    });
    change.await?;
    Ok(Json(json!({})))
}
