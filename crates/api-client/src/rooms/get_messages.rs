//! `GET /_matrix/client/v3/rooms/{room}/messages` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3roomsroomidmessages
use endpoint::{Auth, Endpoint, Failure, Json, Method, Path, RateClass, State, body};
use protocol::ids::OwnedRoomId;
use rooms::{Format, MessagesQuery};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{
    error::Error,
    page::{Direction, LIMIT, LIMIT_MAX, members_of, parse_filter},
    token::{position, token},
    viewer::viewer,
};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/rooms/{room}/messages"),
    auth: Auth::Guest,
    rate: RateClass::Search,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3roomsroomidmessages",
    summary: "Reads a page of the timeline of a room.",
};

#[derive(Deserialize)]
pub(crate) struct Query {
    from: Option<String>,
    to: Option<String>,
    dir: Direction,
    limit: Option<u32>,
    filter: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    start: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<String>,
    chunk: Vec<Box<RawValue>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    state: Vec<Box<RawValue>>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path(room): Path<OwnedRoomId>,
    endpoint::Query(query): endpoint::Query<Query>,
) -> Result<Json<Reply>, Failure> {
    let filter = parse_filter(query.filter.as_deref())?;
    let limit = filter.events.limit.into_iter().chain(query.limit).min().unwrap_or(LIMIT);
    let page = MessagesQuery {
        from: query.from.map(|from| position(&app, &from)).transpose()?,
        to: query.to.map(|to| position(&app, &to)).transpose()?,
        direction: query.dir.into(),
        limit: limit.clamp(1, LIMIT_MAX) as usize,
        filter,
    };
    let found = app.rooms.messages(&caller.user_id, &room, &page).await.map_err(Error::from)?;
    let senders = found.events.iter().map(|event| event.pdu.sender());
    let state = if page.filter.lazy_load_members {
        members_of(&app, &caller, &room, senders).await?
    } else {
        Vec::new()
    };
    let chunk =
        app.rooms.render_timeline(&found.events, &found.view, viewer(&caller), Format::Whole).await;
    Ok(Json(Reply {
        start: token(&app, found.start),
        end: found.end.map(|end| token(&app, end)),
        chunk: chunk.map_err(Error::from)?,
        state,
    }))
}
