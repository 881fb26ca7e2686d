//! `POST /_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device/{device}/events` ([MSC3814])
//!
//! [MSC3814]: https://github.com/matrix-org/matrix-spec-proposals/pull/3814
use endpoint::{
    Auth, Endpoint, Failure, Json, JsonOrEmpty, Method, Path, RateClass, State, body,
    error::{INTERNAL, INVALID_PARAM},
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::error::Error;
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: &["/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device/{device}/events"],
    auth: Auth::User,
    rate: RateClass::Read,
    body_bytes_max: body::SMALL,
    spec: "https://github.com/matrix-org/matrix-spec-proposals/pull/3814",
    summary: "Reads the messages for the device that waits for them.",
};

#[derive(Deserialize)]
pub(crate) struct Body {
    next_batch: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    events: Vec<Box<RawValue>>,
    next_batch: String,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path(device): Path<String>,
    JsonOrEmpty(body): JsonOrEmpty<Body>,
) -> Result<Json<Reply>, Failure> {
    let after = match body.next_batch.as_deref() {
        Some(token) => parse(token)
            .ok_or_else(|| INVALID_PARAM.because("next_batch is not a token of this list"))?,
        None => 0,
    };
    let inbox = app.encryption.dehydrated_messages(caller.user_num, &device, after).await;
    let inbox = inbox.map_err(Error::from)?;
    let events = inbox.messages.into_iter().map(|message| RawValue::from_string(message.message));
    let events = events.collect::<Result<_, _>>().map_err(|error| INTERNAL.from_error(&error))?;
    Ok(Json(Reply { events, next_batch: format!("d{}", inbox.position) }))
}

fn parse(token: &str) -> Option<i64> {
    token.strip_prefix('d')?.parse().ok().filter(|position| *position >= 0)
}
