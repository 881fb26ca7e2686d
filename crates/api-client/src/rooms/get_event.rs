//! `GET /_matrix/client/v3/rooms/{room}/event/{event}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3roomsroomideventeventid
use endpoint::{Auth, Endpoint, Method, Path, RateClass, RawJson, State, body};
use protocol::ids::{OwnedEventId, OwnedRoomId};
use rooms::Format;

use super::{error::Error, viewer::viewer};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/rooms/{room}/event/{event}"),
    auth: Auth::Guest,
    rate: RateClass::Read,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3roomsroomideventeventid",
    summary: "Reads one event.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path((room, event)): Path<(OwnedRoomId, OwnedEventId)>,
) -> Result<RawJson, Error> {
    let seen = app.rooms.seen_event(&caller.user_id, &room, &event).await?;
    let (events, viewer) = ([seen.event], viewer(&caller));
    let rendered = app.rooms.render_timeline(&events, &seen.view, viewer, Format::Whole).await?;
    let event = rendered.into_iter().next().ok_or(rooms::Error::UnknownEvent)?;
    Ok(RawJson(event.get().to_owned().into()))
}
