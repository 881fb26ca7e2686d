//! `POST /_matrix/client/v3/publicRooms` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3publicrooms
use endpoint::{Auth, Endpoint, Failure, Json, JsonOrEmpty, Method, RateClass, State, body};
use protocol::ids::OwnedServerName;
use rooms::PublicRoomsQuery;
use serde::Deserialize;

use super::room_list::{Page, RoomList, list_rooms};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Post,
    paths: v3!("/publicRooms"),
    auth: Auth::User,
    rate: RateClass::Search,
    body_bytes_max: body::SMALL,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3publicrooms",
    summary: "Looks for public rooms of this server.",
};

#[derive(Deserialize)]
pub(crate) struct Query {
    server: Option<OwnedServerName>,
}

#[derive(Deserialize)]
pub(crate) struct Body {
    limit: Option<u32>,
    since: Option<String>,
    filter: Option<Filter>,
}

#[derive(Deserialize)]
struct Filter {
    generic_search_term: Option<String>,
    room_types: Option<Vec<Option<String>>>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    _: Caller,
    endpoint::Query(query): endpoint::Query<Query>,
    JsonOrEmpty(body): JsonOrEmpty<Body>,
) -> Result<Json<RoomList>, Failure> {
    let page = Page { server: query.server, limit: body.limit, since: body.since };
    let mut wanted = PublicRoomsQuery::default();
    if let Some(filter) = body.filter {
        wanted.search = filter.generic_search_term;
        wanted.room_types = filter.room_types;
    }
    list_rooms(&app, page, wanted).await.map(Json)
}
