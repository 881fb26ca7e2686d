//! `PUT /_matrix/client/v3/rooms/{room}/redact/{event}/{transaction}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3roomsroomidredacteventidtxnid
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};
use protocol::ids::{OwnedEventId, OwnedRoomId};
use serde_json::{Value, json};

use super::{content::Content, error::Error, viewer::transaction};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: v3!("/rooms/{room}/redact/{event}/{transaction}"),
    auth: Auth::User,
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
) -> Result<Json<Value>, Error> {
    let transaction = transaction(&caller, &id);
    let event_id = app.rooms.redact(&caller.user_id, &room, &event, transaction, content).await?;
    Ok(Json(json!({ "event_id": event_id })))
}
