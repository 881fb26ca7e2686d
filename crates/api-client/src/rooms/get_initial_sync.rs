//! `GET /_matrix/client/v3/rooms/{room}/initialSync` ([spec])
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3roomsroomidinitialsync
use endpoint::{
    Auth, Endpoint, Failure, Json, Method, Path, RateClass, State, body, error::INTERNAL,
};
use protocol::ids::OwnedRoomId;
use rooms::{Direction, Format, Membership, MessagesQuery};
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
    paths: v3!("/rooms/{room}/initialSync"),
    auth: Auth::Guest,
    rate: RateClass::Search,
    body_bytes_max: body::NONE,
    spec: "https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv3roomsroomidinitialsync",
    summary: "Reads the state of a room and its last events at once, as for a look from outside.",
};

#[derive(Deserialize)]
pub(crate) struct Query {
    limit: Option<u32>,
}

#[derive(Serialize)]
pub(crate) struct Reply {
    room_id: OwnedRoomId,
    /// What the caller is in the room; nothing for a stranger.
    #[serde(skip_serializing_if = "Option::is_none")]
    membership: Option<&'static str>,
    messages: Page,
    state: Vec<Box<RawValue>>,
    visibility: &'static str,
    account_data: Vec<AccountData>,
}

#[derive(Serialize)]
struct Page {
    /// From where earlier events are read, if there may be any.
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<String>,
    /// From where later ones are.
    end: String,
    /// The oldest first.
    chunk: Vec<Box<RawValue>>,
}

#[derive(Serialize)]
struct AccountData {
    #[serde(rename = "type")]
    kind: String,
    content: Box<RawValue>,
}

pub(crate) async fn handler(
    State(app): State<App>,
    caller: Caller,
    Path(room_id): Path<OwnedRoomId>,
    endpoint::Query(query): endpoint::Query<Query>,
) -> Result<Json<Reply>, Failure> {
    let (user, viewer) = (&caller.user_id, viewer(&caller));
    let page = MessagesQuery {
        from: None,
        to: None,
        direction: Direction::Backward,
        limit: query.limit.unwrap_or(LIMIT).clamp(1, LIMIT_MAX) as usize,
        filter: parse_filter(None)?,
    };
    let mut found = app.rooms.messages(user, &room_id, &page).await.map_err(Error::from)?;
    let (room, state) = app.rooms.visible_state(user, &room_id).await.map_err(Error::from)?;
    found.events.reverse();
    let chunk = app.rooms.render_timeline(&found.events, &found.view, viewer, Format::Whole).await;
    let state: Vec<_> = state.iter().cloned().collect();
    let state = app.rooms.render(&state, viewer, Format::Whole).await;
    let published = app.rooms.is_published(&room_id).await.map_err(Error::from)?;
    let rows = app.accounts.room_account_data(caller.user_num, room.num).await;
    let rows = rows.map_err(|error| INTERNAL.from_error(&error))?;
    let account_data = rows.into_iter().map(|row| {
        Ok(AccountData { kind: row.kind, content: RawValue::from_string(row.content)? })
    });
    let account_data: serde_json::Result<Vec<_>> = account_data.collect();
    Ok(Json(Reply {
        room_id,
        membership: found.view.membership().map(Membership::as_str),
        messages: Page {
            start: found.end.map(|end| token(&app, end)),
            end: token(&app, found.start),
            chunk: chunk.map_err(Error::from)?,
        },
        state: state.map_err(Error::from)?,
        visibility: if published { "public" } else { "private" },
        account_data: account_data.map_err(|error| INTERNAL.from_error(&error))?,
    }))
}
