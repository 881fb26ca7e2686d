//! `PUT /_matrix/client/v3/rooms/{room}/redact/{event}/{transaction}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3roomsroomidredacteventidtxnid
use endpoint::{
    Auth, Endpoint, Failure, Json, Method, Path, RateClass, State, body, error::USER_SUSPENDED,
};
use protocol::ids::{OwnedEventId, OwnedRoomId};
use serde_json::{Value, json};

use super::{content::Content, error::Error, viewer::transaction};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: v3!("/rooms/{room}/redact/{event}/{transaction}"),
    auth: Auth::Guest,
    rate: RateClass::Message,
    body_bytes_max: body::EVENT,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3roomsroomidredacteventidtxnid",
    summary: "Empties an event.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path((room, event, id)): Path<(OwnedRoomId, OwnedEventId, String)>,
    Content(content): Content,
) -> Result<Json<Value>, Failure> {
    // Whoever is suspended can still take back what they said.
    if caller.is_suspended
        && !app.rooms.is_sender(&caller.user_id, &event).await.map_err(Error::from)?
    {
        return Err(USER_SUSPENDED.because("This account has been suspended"));
    }
    let transaction = transaction(&caller, &id);
    let redacted = app.rooms.redact(&caller.user_id, &room, &event, transaction, content).await;
    let event_id = redacted.map_err(Error::from)?;
    Ok(Json(json!({ "event_id": event_id })))
}
