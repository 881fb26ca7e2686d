//! `POST /_matrix/client/v3/rooms/{room}/read_markers` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3roomsroomidread_markers
use endpoint::{Auth, Endpoint, Json, JsonOrEmpty, Method, Path, RateClass, State, body};
use protocol::ids::{OwnedEventId, OwnedRoomId};
use rooms::ReceiptKind;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{active::note_activity, error::Error};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: v3!("/rooms/{room}/read_markers"),
    auth: Auth::Guest,
    rate: RateClass::Write,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3roomsroomidread_markers",
    summary: "Moves the fully read marker and the receipts of the user in one request.",
};

#[derive(Deserialize)]
pub(crate) struct Body {
    #[serde(rename = "m.fully_read")]
    fully_read: Option<OwnedEventId>,
    #[serde(rename = "m.read")]
    read: Option<OwnedEventId>,
    #[serde(rename = "m.read.private")]
    read_private: Option<OwnedEventId>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path(room): Path<OwnedRoomId>,
    JsonOrEmpty(body): JsonOrEmpty<Body>,
) -> Result<Json<Value>, Error> {
    let user = &caller.user_id;
    if let Some(event) = body.fully_read {
        app.rooms.set_fully_read(user, &room, &event).await?;
    }
    let receipts = [(ReceiptKind::Read, body.read), (ReceiptKind::ReadPrivate, body.read_private)];
    for (kind, event) in receipts {
        if let Some(event) = event {
            app.rooms.set_receipt(user, &room, kind, &event, None).await?;
        }
    }
    note_activity(&app, &caller).await;
    Ok(Json(json!({})))
}
