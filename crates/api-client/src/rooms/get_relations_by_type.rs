//! `GET /_matrix/client/v1/rooms/{room}/relations/{event}/{rel_type}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv1roomsroomidrelationseventidreltype
use endpoint::{Auth, Endpoint, Failure, Json, Method, Path, Query, RateClass, State, body};
use protocol::ids::{OwnedEventId, OwnedRoomId};

use super::relations::{Page, Reply, relations};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &[
        "/_matrix/client/v1/rooms/{room}/relations/{event}/{rel_type}",
        "/_matrix/client/v3/rooms/{room}/relations/{event}/{rel_type}",
        "/_matrix/client/unstable/rooms/{room}/relations/{event}/{rel_type}",
    ],
    auth: Auth::Guest,
    rate: RateClass::Search,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv1roomsroomidrelationseventidreltype",
    summary: "Reads a page of the events that relate to one in one way.",
};

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path((room, event, rel_type)): Path<(OwnedRoomId, OwnedEventId, String)>,
    Query(page): Query<Page>,
) -> Result<Json<Reply>, Failure> {
    relations(&app, &caller, &room, event, (Some(rel_type), None), page).await
}
