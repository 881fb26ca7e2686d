//! `GET /_matrix/client/unstable/org.matrix.msc4140/delayed_events` ([MSC4140])
//!
//! [MSC4140]: https://github.com/matrix-org/matrix-spec-proposals/pull/4140
use endpoint::{
    Auth, Endpoint, Failure, Json, Method, RateClass, State, body,
    error::{INTERNAL, INVALID_PARAM},
};
use rooms::DelayedEvent;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use store::delayed_events::{End, Outcome};

use super::Shown;
use crate::{App, Caller, rooms::error::Error};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &["/_matrix/client/unstable/org.matrix.msc4140/delayed_events"],
    auth: Auth::User,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: super::SPEC,
    summary: "Lists the user's delayed events.",
};

#[derive(Deserialize)]
pub(crate) struct Query {
    /// `scheduled` or `finalised`; both if it is not there.
    status: Option<String>,
    /// Only these.
    #[serde(default)]
    delay_id: Vec<String>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    endpoint::Query(query): endpoint::Query<Query>,
) -> Result<Json<Value>, Failure> {
    let is_wanted = |event: &DelayedEvent| {
        query.delay_id.is_empty() || query.delay_id.contains(&event.row.delay_id)
    };
    let (scheduled, finalised) = match query.status.as_deref() {
        None => (true, true),
        Some("scheduled") => (true, false),
        Some("finalised") => (false, true),
        Some(_) => return Err(INVALID_PARAM.because("status is scheduled or finalised")),
    };
    let mut answer = Map::new();
    if scheduled {
        let events = app.rooms.delayed_events(caller.user_num).await.map_err(Error::from)?;
        let events = events.into_iter().filter(is_wanted).map(Shown::new);
        let events: Vec<Shown> =
            events.collect::<serde_json::Result<_>>().map_err(|error| broken(&error))?;
        // The second is its name in earlier versions of the proposal.
        for name in ["scheduled", "delayed_events"] {
            answer.insert(name.to_owned(), json!(events));
        }
    }
    if finalised {
        let events = app.rooms.finalised_delayed_events(caller.user_num).await;
        let events = events.map_err(Error::from)?.into_iter().filter(is_wanted);
        let events: Vec<Value> =
            events.map(ended).collect::<serde_json::Result<_>>().map_err(|error| broken(&error))?;
        for name in ["finalised", "finalised_events"] {
            answer.insert(name.to_owned(), json!(events));
        }
    }
    Ok(Json(Value::Object(answer)))
}

/// What became of one that waits no more.
fn ended(event: DelayedEvent) -> serde_json::Result<Value> {
    let is_early = event.row.end.as_ref().is_some_and(|end| end.finalised_ts < event.row.send_ts());
    let mut shown = match &event.row.end {
        Some(End { outcome: Outcome::Sent(event_id), .. }) => json!({
            "outcome": "send", "reason": if is_early { "action" } else { "delay" },
            "event_id": event_id,
        }),
        Some(End { outcome: Outcome::Failed(error), .. }) => json!({
            "outcome": "cancel", "reason": "error",
            "error": serde_json::from_str::<Value>(error)?,
        }),
        _ => json!({ "outcome": "cancel", "reason": "action" }),
    };
    if let Some(end) = &event.row.end {
        shown["origin_server_ts"] = json!(end.finalised_ts);
    }
    shown["delayed_event"] = serde_json::to_value(Shown::new(event)?)?;
    Ok(shown)
}

fn broken(error: &serde_json::Error) -> Failure {
    INTERNAL.from_error(error)
}
