//! `POST /_matrix/client/v3/rooms/{room}/receipt/{kind}/{event}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3roomsroomidreceiptreceipttypeeventid
use endpoint::{
    Auth, Endpoint, Failure, Json, JsonOrEmpty, Method, Path, RateClass, State, body,
    error::INVALID_PARAM,
};
use protocol::ids::{OwnedEventId, OwnedRoomId};
use rooms::ReceiptKind;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{active::note_activity, error::Error};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: v3!("/rooms/{room}/receipt/{kind}/{event}"),
    auth: Auth::Guest,
    rate: RateClass::Write,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3roomsroomidreceiptreceipttypeeventid",
    summary: "Marks an event, and all before it, as read.",
};

#[derive(Deserialize)]
pub(crate) struct Body {
    thread_id: Option<Value>,
}

#[derive(Deserialize)]
pub(crate) enum Kind {
    #[serde(rename = "m.read")]
    Read,
    #[serde(rename = "m.read.private")]
    ReadPrivate,
    #[serde(rename = "m.fully_read")]
    FullyRead,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path((room, kind, event)): Path<(OwnedRoomId, Kind, OwnedEventId)>,
    JsonOrEmpty(body): JsonOrEmpty<Body>,
) -> Result<Json<Value>, Failure> {
    let thread = body.thread_id.as_ref().map(|thread| thread.as_str().unwrap_or_default());
    let user = &caller.user_id;
    let kind = match kind {
        Kind::Read => ReceiptKind::Read,
        Kind::ReadPrivate => ReceiptKind::ReadPrivate,
        Kind::FullyRead if thread.is_some() => {
            return Err(INVALID_PARAM.because("a fully read marker belongs to no thread"));
        }
        Kind::FullyRead => {
            app.rooms.set_fully_read(user, &room, &event).await.map_err(Error::from)?;
            return Ok(Json(json!({})));
        }
    };
    let setting = app.rooms.set_receipt(user, &room, kind, &event, thread);
    setting.await.map_err(Error::from)?;
    note_activity(&app, &caller).await;
    Ok(Json(json!({})))
}
