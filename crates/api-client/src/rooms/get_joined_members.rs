//! `GET /_matrix/client/v3/rooms/{room}/joined_members` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3roomsroomidjoined_members
use std::{collections::BTreeMap, sync::Arc};

use endpoint::{Auth, Endpoint, Json, Method, Path, RateClass, State, body};
use protocol::ids::OwnedRoomId;
use serde::Serialize;

use super::error::Error;
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/rooms/{room}/joined_members"),
    auth: Auth::Guest,
    rate: RateClass::Search,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3roomsroomidjoined_members",
    summary: "Lists the users who are joined to a room.",
};

#[derive(Serialize)]
pub(crate) struct Reply {
    joined: BTreeMap<Arc<str>, Member>,
}

#[derive(Serialize)]
struct Member {
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    avatar_url: Option<String>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path(room): Path<OwnedRoomId>,
) -> Result<Json<Reply>, Error> {
    let members = app.rooms.joined_members(&caller.user_id, &room).await?;
    let joined = members.into_iter().map(|(user, profile)| {
        let member = Member { display_name: profile.displayname, avatar_url: profile.avatar_url };
        (user, member)
    });
    Ok(Json(Reply { joined: joined.collect() }))
}
