//! `PUT /_matrix/client/unstable/org.matrix.msc4140/rooms/{room}/delayed_event/{kind}/{transaction}` ([MSC4140])
//!
//! [MSC4140]: https://github.com/matrix-org/matrix-spec-proposals/pull/4140
use endpoint::{
    Auth, Endpoint, Failure, Json, Method, Path, Query, RateClass, State, body,
    error::{BAD_JSON, MISSING_PARAM},
};
use protocol::{
    canonical::{self, Object},
    ids::OwnedRoomId,
};
use serde_json::Value;

use crate::{
    App, Speaker,
    rooms::{content::Content, send_query::SendQuery, viewer::transaction},
};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: &[
        "/_matrix/client/unstable/org.matrix.msc4140/rooms/{room}/delayed_event/{kind}/{transaction}",
    ],
    auth: Auth::User,
    rate: RateClass::Message,
    body_bytes_max: body::EVENT,
    spec: super::SPEC,
    summary: "Schedules an event to be sent later.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Speaker,
    Path((room, kind, id)): Path<(OwnedRoomId, String, String)>,
    Query(query): Query<SendQuery>,
    Content(body): Content,
) -> Result<Json<Value>, Failure> {
    let state_key = match body.get("state_key") {
        None => None,
        Some(_) => Some(
            canonical::string(&body, "state_key")
                .filter(|key| !key.contains('\0'))
                .ok_or_else(|| BAD_JSON.because("state_key is no string that can be stored"))?,
        ),
    };
    let when = (delay_ms(&body)?, query.sticky_ms()?, Some(transaction(&caller, &id)));
    let what = (kind.as_str(), state_key);
    Ok(Json(super::schedule(&app, &caller.user_id, &room, what, content(&body)?, when).await?))
}

/// After how long it is sent (ms); `delay` is the name of the field in earlier versions of the proposal.
fn delay_ms(body: &Object) -> Result<i64, Failure> {
    let name = if body.contains_key("delay_ms") { "delay_ms" } else { "delay" };
    if !body.contains_key(name) {
        return Err(MISSING_PARAM.because("There is no delay_ms"));
    }
    canonical::integer(body, name).ok_or_else(|| BAD_JSON.because("delay_ms is no whole number"))
}

fn content(body: &Object) -> Result<Object, Failure> {
    match body.get("content") {
        Some(canonical::Value::Object(content)) => Ok(content.clone()),
        Some(_) => Err(BAD_JSON.because("content is no object")),
        None => Err(MISSING_PARAM.because("There is no content")),
    }
}
