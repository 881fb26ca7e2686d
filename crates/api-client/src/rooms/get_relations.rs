//! `GET /_matrix/client/v1/rooms/{room}/relations/{event}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv1roomsroomidrelationseventid
use endpoint::{Auth, Endpoint, Failure, Json, Method, Path, Query, RateClass, State, body};
use protocol::ids::{OwnedEventId, OwnedRoomId};

use super::relations::{Page, Reply, relations};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &[
        "/_matrix/client/v1/rooms/{room}/relations/{event}",
        "/_matrix/client/v3/rooms/{room}/relations/{event}",
        "/_matrix/client/unstable/rooms/{room}/relations/{event}",
    ],
    auth: Auth::Guest,
    rate: RateClass::Search,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv1roomsroomidrelationseventid",
    summary: "Reads a page of the events that relate to one.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path((room, event)): Path<(OwnedRoomId, OwnedEventId)>,
    Query(page): Query<Page>,
) -> Result<Json<Reply>, Failure> {
    relations(&app, &caller, &room, event, (None, None), page).await
}
