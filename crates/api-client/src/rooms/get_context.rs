//! `GET /_matrix/client/v3/rooms/{room}/context/{event}` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3roomsroomidcontexteventid
use std::{collections::BTreeSet, sync::Arc};

use endpoint::{Auth, Endpoint, Failure, Json, Method, Path, RateClass, State, body};
use protocol::ids::{OwnedEventId, OwnedRoomId};
use rooms::{Event, Format};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::{
    error::Error,
    page::{LIMIT, LIMIT_MAX, parse_filter},
    token::token,
    viewer::viewer,
};
use crate::{App, Caller};

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/rooms/{room}/context/{event}"),
    auth: Auth::Guest,
    rate: RateClass::Search,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3roomsroomidcontexteventid",
    summary: "Reads an event and what was sent around it.",
};

#[derive(Deserialize)]
pub(crate) struct Query {
    limit: Option<u32>,
    filter: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    start: String,
    end: String,
    event: Box<RawValue>,
    events_before: Vec<Box<RawValue>>,
    events_after: Vec<Box<RawValue>>,
    state: Vec<Box<RawValue>>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path((room, event)): Path<(OwnedRoomId, OwnedEventId)>,
    endpoint::Query(query): endpoint::Query<Query>,
) -> Result<Json<Reply>, Failure> {
    let filter = parse_filter(query.filter.as_deref())?;
    let limit = query.limit.unwrap_or(LIMIT).min(LIMIT_MAX) as usize;
    let found = app.rooms.context(&caller.user_id, &room, &event, limit, Some(&filter)).await;
    let found = found.map_err(Error::from)?;
    let shown = found.before.iter().chain([&found.event]).chain(&found.after);
    let senders: BTreeSet<_> = shown.clone().map(|event| event.pdu.sender().as_str()).collect();
    let is_needed = |event: &&Arc<Event>| {
        !filter.lazy_load_members
            || event.pdu.kind() != "m.room.member"
            || event.pdu.state_key().is_some_and(|member| senders.contains(member))
    };
    let state: Vec<_> = found.state.iter().filter(is_needed).cloned().collect();
    let timeline: Vec<_> = shown.cloned().collect();
    let (rooms, viewer) = (&app.rooms, viewer(&caller));
    let timeline = rooms.render_timeline(&timeline, &found.view, viewer, Format::Whole).await;
    let mut timeline = timeline.map_err(Error::from)?.into_iter();
    let events_before = timeline.by_ref().take(found.before.len()).collect();
    let event = timeline.next().ok_or(rooms::Error::UnknownEvent).map_err(Error::from)?;
    let state = rooms.render(&state, viewer, Format::Whole).await.map_err(Error::from)?;
    Ok(Json(Reply {
        start: token(&app, found.start),
        end: token(&app, found.end),
        event,
        events_before,
        events_after: timeline.collect(),
        state,
    }))
}
