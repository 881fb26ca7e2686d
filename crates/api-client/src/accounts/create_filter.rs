//! `POST /_matrix/client/v3/user/{user}/filter` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3useruseridfilter
use endpoint::{
    Auth, Endpoint, Failure, Json, Method, Path, RateClass, State, body,
    error::{BAD_JSON, FORBIDDEN, INTERNAL},
};
use protocol::{filter::Filter, ids::OwnedUserId};
use serde_json::{Map, Value, json};

use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: v3!("/user/{user}/filter"),
    auth: Auth::Guest,
    rate: RateClass::Write,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3useruseridfilter",
    summary: "Keeps a filter for later requests.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path(user): Path<OwnedUserId>,
    Json(filter): Json<Map<String, Value>>,
) -> Result<Json<Value>, Failure> {
    if caller.0.user_id != user {
        return Err(FORBIDDEN.because("You can only keep filters of your own"));
    }
    let filter = Value::Object(filter).to_string();
    Filter::parse(filter.as_bytes()).map_err(|error| BAD_JSON.from_error(&error))?;
    let id = app.accounts.create_filter(caller.0.user_num, &filter).await;
    let id = id.map_err(|error| INTERNAL.from_error(&error))?;
    Ok(Json(json!({ "filter_id": id })))
}
