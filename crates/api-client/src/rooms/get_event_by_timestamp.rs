//! `GET /_matrix/client/v1/rooms/{room}/timestamp_to_event` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv1roomsroomidtimestamp_to_event
use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};
use protocol::ids::{OwnedEventId, OwnedRoomId};
use serde::{Deserialize, Serialize};

use super::{error::Error, page::Direction};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &[
        "/_matrix/client/v1/rooms/{room}/timestamp_to_event",
        "/_matrix/client/unstable/org.matrix.msc3030/rooms/{room}/timestamp_to_event",
    ],
    auth: Auth::User,
    rate: RateClass::Search,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv1roomsroomidtimestamp_to_event",
    summary: "Finds the event that was sent nearest to a moment.",
};

#[derive(Deserialize)]
pub(crate) struct Query {
    ts: i64,
    dir: Direction,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    event_id: OwnedEventId,
    origin_server_ts: i64,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path(room): Path<OwnedRoomId>,
    endpoint::Query(query): endpoint::Query<Query>,
) -> Result<Json<Reply>, Error> {
    let user = &caller.user_id;
    let event = app.rooms.nearest_event(user, &room, query.ts, query.dir.into()).await?;
    Ok(Json(Reply {
        event_id: event.pdu.event_id().to_owned(),
        origin_server_ts: event.pdu.origin_server_ts(),
    }))
}
