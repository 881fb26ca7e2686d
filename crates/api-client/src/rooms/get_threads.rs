//! `GET /_matrix/client/v1/rooms/{room}/threads` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv1roomsroomidthreads
use endpoint::{Auth, Endpoint, Failure, Json, Method, Path, RateClass, State, body};
use protocol::ids::OwnedRoomId;
use rooms::{Format, ThreadsQuery};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{
    error::Error,
    page::{LIMIT, RELATIONS_MAX},
    token::{position, token},
    viewer::viewer,
};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &[
        "/_matrix/client/v1/rooms/{room}/threads",
        "/_matrix/client/unstable/org.matrix.msc3856/rooms/{room}/threads",
    ],
    auth: Auth::User,
    rate: RateClass::Search,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv1roomsroomidthreads",
    summary: "Lists the threads of a room.",
};

#[derive(Deserialize)]
pub(crate) struct Query {
    #[serde(default)]
    include: Include,
    limit: Option<u32>,
    from: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Include {
    #[default]
    All,
    Participated,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    chunk: Vec<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_batch: Option<String>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path(room): Path<OwnedRoomId>,
    endpoint::Query(query): endpoint::Query<Query>,
) -> Result<Json<Reply>, Failure> {
    let page = ThreadsQuery {
        participated: matches!(query.include, Include::Participated),
        from: query.from.map(|from| position(&app, &from)).transpose()?,
        limit: query.limit.unwrap_or(LIMIT).clamp(1, RELATIONS_MAX) as usize,
    };
    let found = app.rooms.threads(&caller.user_id, &room, page).await.map_err(Error::from)?;
    let (events, viewer) = (&found.roots, viewer(&caller));
    let chunk = app.rooms.render_timeline(events, &found.view, viewer, Format::Whole).await;
    Ok(Json(Reply {
        chunk: chunk.map_err(Error::from)?,
        next_batch: found.next.map(|next| token(&app, next)),
    }))
}
