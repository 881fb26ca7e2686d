//! `POST /_matrix/client/v3/rooms/{room}/report/{event}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3roomsroomidreporteventid
use endpoint::{Auth, Endpoint, Json, JsonOrEmpty, Method, Path, RateClass, State, body};
use protocol::ids::{OwnedEventId, OwnedRoomId};
use serde::Deserialize;
use serde_json::{Value, json};

use super::error::{Error, reporter};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: v3!("/rooms/{room}/report/{event}"),
    auth: Auth::User,
    rate: RateClass::Write,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3roomsroomidreporteventid",
    summary: "Reports an event to those who run the server.",
};

#[derive(Deserialize)]
pub(crate) struct Body {
    reason: Option<String>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path((room, event)): Path<(OwnedRoomId, OwnedEventId)>,
    JsonOrEmpty(body): JsonOrEmpty<Body>,
) -> Result<Json<Value>, Error> {
    let reason = body.reason.as_deref();
    app.moderation.report_event(&reporter(&caller), &room, &event, reason).await?;
    Ok(Json(json!({})))
}
