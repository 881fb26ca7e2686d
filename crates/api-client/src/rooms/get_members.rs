//! `GET /_matrix/client/v3/rooms/{room}/members` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3roomsroomidmembers
use endpoint::{
    Auth, Endpoint, Failure, Json, Method, Path, RateClass, State, body, error::INVALID_PARAM,
};
use protocol::ids::OwnedRoomId;
use rooms::{Format, MembersQuery, Membership};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{error::Error, token::position, viewer::viewer};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/rooms/{room}/members"),
    auth: Auth::Guest,
    rate: RateClass::Search,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3roomsroomidmembers",
    summary: "Lists the member events of a room.",
};

#[derive(Deserialize)]
pub(crate) struct Query {
    at: Option<String>,
    membership: Option<String>,
    not_membership: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    chunk: Vec<Box<RawValue>>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path(room): Path<OwnedRoomId>,
    endpoint::Query(query): endpoint::Query<Query>,
) -> Result<Json<Reply>, Failure> {
    let members = MembersQuery {
        at: query.at.map(|at| position(&app, &at)).transpose()?,
        membership: query.membership.as_deref().map(membership).transpose()?,
        not_membership: query.not_membership.as_deref().map(membership).transpose()?,
    };
    let events = app.rooms.members(&caller.user_id, &room, &members).await.map_err(Error::from)?;
    let chunk = app.rooms.render(&events, viewer(&caller), Format::Whole).await;
    Ok(Json(Reply { chunk: chunk.map_err(Error::from)? }))
}

fn membership(text: &str) -> Result<Membership, Failure> {
    Membership::parse(text)
        .ok_or_else(|| INVALID_PARAM.because(format!("{text} is not a membership")))
}
