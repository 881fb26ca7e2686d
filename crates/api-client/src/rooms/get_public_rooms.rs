//! `GET /_matrix/client/v3/publicRooms` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3publicrooms
use endpoint::{Auth, Endpoint, Failure, Json, Method, RateClass, State, body};
use protocol::ids::OwnedServerName;
use rooms::PublicRoomsQuery;
use serde::Deserialize;

use super::room_list::{Page, RoomList, list_rooms};
use crate::App;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/publicRooms"),
    auth: Auth::None,
    rate: RateClass::Search,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3publicrooms",
    summary: "Lists the public rooms of this server.",
};

#[derive(Deserialize)]
pub(crate) struct Query {
    limit: Option<u32>,
    since: Option<String>,
    server: Option<OwnedServerName>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    endpoint::Query(query): endpoint::Query<Query>,
) -> Result<Json<RoomList>, Failure> {
    let page = Page { server: query.server, limit: query.limit, since: query.since };
    list_rooms(&app, page, PublicRoomsQuery::default()).await.map(Json)
}
