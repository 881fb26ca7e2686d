//! `POST /_matrix/client/v3/publicRooms` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#post_matrixclientv3publicrooms
use endpoint::{
    Auth, Endpoint, Failure, Json, JsonOrEmpty, Method, RateClass, State, body,
    error::INVALID_PARAM,
};
use protocol::ids::OwnedServerName;
use rooms::{Listing, PublicRoomsQuery};
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
    #[serde(default)]
    include_all_networks: bool,
    third_party_instance_id: Option<String>,
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
    let listing = listing(body.include_all_networks, body.third_party_instance_id.as_deref())?;
    let mut wanted = PublicRoomsQuery { listing, ..PublicRoomsQuery::default() };
    if let Some(filter) = body.filter {
        wanted.search = filter.generic_search_term;
        wanted.room_types = filter.room_types;
    }
    list_rooms(&app, page, wanted).await.map(Json)
}

/// Which rooms are asked for: the instances of networks are called as [`appservices::instance_id`] calls them.
fn listing(all: bool, instance: Option<&str>) -> Result<Listing, Failure> {
    match instance.filter(|instance| !instance.is_empty()) {
        _ if all => Ok(Listing::All),
        None => Ok(Listing::Own),
        Some(instance) => {
            let parts = appservices::network_of_instance(instance);
            let (appservice, network) = parts.ok_or_else(|| {
                INVALID_PARAM.because("third_party_instance_id is no id of a network's instance")
            })?;
            Ok(Listing::Network { appservice: appservice.to_owned(), network: network.to_owned() })
        }
    }
}
