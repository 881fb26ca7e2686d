//! Delayed events ([MSC4140]): what their endpoints share.
//!
//! [MSC4140]: https://github.com/matrix-org/matrix-spec-proposals/pull/4140
use endpoint::{
    Failure,
    error::{CONFLICT, INVALID_PARAM, NOT_FOUND, UNKNOWN},
};
use protocol::{
    canonical::Object,
    ids::{RoomId, UserId},
};
use rooms::{DelayError, Delayed, DelayedEvent, Transaction};
use serde::Serialize;
use serde_json::{Value, json, value::RawValue};

use super::error::Error;
use crate::App;

pub(crate) mod act;
pub(crate) mod get;
pub(crate) mod list;
pub(crate) mod schedule;
pub(crate) mod update;

pub(crate) const SPEC: &str = "https://github.com/matrix-org/matrix-spec-proposals/pull/4140";

/// Schedules an event instead of sending it.
pub(crate) async fn schedule(
    app: &App,
    sender: &UserId,
    room: &RoomId,
    (kind, state_key): (&str, Option<&str>),
    content: Object,
    (delay_ms, sticky_ms, transaction): (i64, Option<i64>, Option<Transaction<'_>>),
) -> Result<Value, Failure> {
    let delayed = Delayed { kind, state_key, content, sticky_ms, delay_ms, transaction };
    let delay_id = app.rooms.delay(sender, room, delayed).await;
    Ok(json!({ "delay_id": delay_id.map_err(refused)? }))
}

/// Why a delayed event was not scheduled or changed, as clients read it.
pub(crate) fn refused(error: DelayError) -> Failure {
    let why = error.to_string();
    let code = "org.matrix.msc4140.errcode";
    match error {
        DelayError::Unsupported => UNKNOWN.because(why).with(code, "M_MAX_DELAY_UNSUPPORTED"),
        DelayError::TooLong { delay_ms_max } => UNKNOWN
            .because(why)
            .with(code, "M_MAX_DELAY_EXCEEDED")
            .with("org.matrix.msc4140.max_delay", delay_ms_max),
        DelayError::TooMany { retry_after_ms } => {
            Failure::rate_limited(retry_after_ms.max(0).unsigned_abs())
                .with(code, "M_MAX_DELAYED_EVENTS_EXCEEDED")
        }
        DelayError::NotPositive => INVALID_PARAM.because(why),
        DelayError::Unknown => NOT_FOUND.because(why),
        DelayError::Sent | DelayError::Cancelled => CONFLICT.because(why),
        DelayError::Room(error) => Error::from(error).into(),
    }
}

/// A delayed event as clients see it, with the names of fields of earlier versions of the proposal beside those of today.
#[derive(Serialize)]
pub(crate) struct Shown {
    delay_id: String,
    room_id: String,
    #[serde(rename = "type")]
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_key: Option<String>,
    delay_ms: i64,
    delay: i64,
    delayed_since_ts: i64,
    running_since: i64,
    content: Box<RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    finalised: Option<Finalised>,
}

#[derive(Serialize)]
struct Finalised {
    #[serde(rename = "finalised_ts")]
    at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    event_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<Box<RawValue>>,
}

impl Shown {
    pub(crate) fn new(event: DelayedEvent) -> serde_json::Result<Self> {
        use store::delayed_events::Outcome;
        let DelayedEvent { room_id, row } = event;
        let finalised = match row.end {
            None => None,
            Some(end) => {
                let (event_id, error) = match end.outcome {
                    Outcome::Sent(event_id) => (Some(event_id), None),
                    Outcome::Cancelled => (None, None),
                    Outcome::Failed(error) => (None, Some(RawValue::from_string(error)?)),
                };
                Some(Finalised { at: end.finalised_ts, event_id, error })
            }
        };
        Ok(Self {
            delay_id: row.delay_id,
            room_id: room_id.to_string(),
            kind: row.kind,
            state_key: row.state_key,
            delay_ms: row.delay_ms,
            delay: row.delay_ms,
            delayed_since_ts: row.since_ts,
            running_since: row.since_ts,
            content: RawValue::from_string(row.content)?,
            finalised,
        })
    }
}
