//! `PUT /_matrix/client/v3/pushrules/global/{kind}/{rule}/enabled` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3pushrulesglobalkindruleidenabled
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{error::Error, kind::Kind};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: v3!("/pushrules/global/{kind}/{rule}/enabled"),
    auth: Auth::User,
    rate: RateClass::Write,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3pushrulesglobalkindruleidenabled",
    summary: "Switches a push rule on or off.",
};

#[derive(Deserialize)]
pub(crate) struct Body {
    enabled: bool,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path((kind, rule)): Path<(Kind, String)>,
    Json(body): Json<Body>,
) -> Result<Json<Value>, Error> {
    let change = app.push.change_rules(caller.user_num, &caller.user_id, |rules| {
        rules.set_enabled(kind.into(), &rule, body.enabled)
    });
    change.await?;
    Ok(Json(json!({})))
}
