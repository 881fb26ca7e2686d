//! `GET /_matrix/client/v3/notifications` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3notifications
use std::sync::Arc;

use ::push::{HistoryQuery, PastNotification};
use endpoint::{
    Auth, Endpoint, Failure, Json, Method, RateClass, State, api_error, body, error::INVALID_PARAM,
};
use protocol::{ids::OwnedRoomId, push::Action};
use rooms::{Event, Format, token::TimelineToken};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{App, Caller, rooms::viewer};

/// How many a client gets that does not say how many it wants.
const LIMIT: u32 = 20;

/// How many a client gets at most.
const LIMIT_MAX: u32 = 100;

pub(crate) const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: v3!("/notifications"),
    auth: Auth::User,
    rate: RateClass::Search,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3notifications",
    summary: "Lists the events that notified the user.",
};

#[derive(Deserialize)]
pub(crate) struct Query {
    from: Option<String>,
    limit: Option<u32>,
    only: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
    notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    actions: Vec<Action>,
    event: Box<RawValue>,
    read: bool,
    room_id: OwnedRoomId,
    ts: i64,
}

#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct Error(#[from] rooms::Error);

// Nothing of a room is asked for by its name: what goes wrong is the server's fault.
api_error!(Error:
    Self(_) => INTERNAL,
);

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    endpoint::Query(query): endpoint::Query<Query>,
) -> Result<Json<Reply>, Failure> {
    let epoch = app.rooms.store().db.epoch();
    let before = match &query.from {
        None => i64::MAX,
        Some(from) => {
            let token: Option<TimelineToken> = from.parse().ok();
            let token = token.filter(|token| token.epoch == epoch);
            token
                .ok_or_else(|| INVALID_PARAM.because("from is no token of this endpoint"))?
                .position
        }
    };
    let asked = HistoryQuery {
        before,
        limit: query.limit.unwrap_or(LIMIT).clamp(1, LIMIT_MAX) as usize,
        only_highlights: query.only.as_deref() == Some("highlight"),
    };
    let history = app.push.history(&app.rooms, &caller.user_id, caller.user_num, asked);
    let history = history.await.map_err(Error)?;
    let events: Vec<Arc<Event>> =
        history.notifications.iter().map(|one| Arc::clone(&one.event)).collect();
    let rendered = app.rooms.render(&events, viewer::viewer(&caller), Format::InRoom).await;
    let notifications = history.notifications.into_iter().zip(rendered.map_err(Error)?);
    Ok(Json(Reply {
        next_token: history.next.map(|position| TimelineToken { epoch, position }.to_string()),
        notifications: notifications.map(|(past, event)| Notification::new(past, event)).collect(),
    }))
}

impl Notification {
    fn new(past: PastNotification, event: Box<RawValue>) -> Self {
        Self {
            actions: past.actions,
            event,
            read: past.is_read,
            room_id: past.room.id.clone(),
            ts: past.event.pdu.origin_server_ts(),
        }
    }
}
