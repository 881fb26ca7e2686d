//! `PUT /_matrix/client/v3/rooms/{room}/typing/{user}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3roomsroomidtypinguserid
use endpoint::{
    Auth, Endpoint, Failure, Json, Method, Path, RateClass, State, body, error::FORBIDDEN,
};
use protocol::ids::{OwnedRoomId, OwnedUserId};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{active::note_activity, error::Error};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Put,
    paths: v3!("/rooms/{room}/typing/{user}"),
    auth: Auth::Guest,
    rate: RateClass::Write,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#put_matrixclientv3roomsroomidtypinguserid",
    summary: "Tells the others in a room that the user is typing, or no longer.",
};

/// How long a client that does not say so types, in milliseconds.
const TIMEOUT_MS: i64 = 30_000;

#[derive(Deserialize)]
pub(crate) struct Body {
    typing: bool,
    timeout: Option<u32>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path((room, user)): Path<(OwnedRoomId, OwnedUserId)>,
    Json(body): Json<Body>,
) -> Result<Json<Value>, Failure> {
    if user != caller.user_id {
        return Err(FORBIDDEN.because("You can only set your own typing state"));
    }
    let timeout_ms = body.typing.then(|| body.timeout.map_or(TIMEOUT_MS, u32::into));
    app.rooms.set_typing(&room, &user, timeout_ms).await.map_err(Error::from)?;
    note_activity(&app, &caller).await;
    Ok(Json(json!({})))
}
