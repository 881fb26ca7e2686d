//! `GET /_longhouse/local/v1/rooms`: lists rooms in order of their numbers
use endpoint::{Auth, Endpoint, Json, Method, Query, RateClass, State, body};
use serde::Deserialize;

use super::{
    Error, ROOM_DOCUMENTATION,
    room_document::{RoomEntries, RoomEntry},
};
use crate::App;

/// In the registry.
pub const ENDPOINT: Endpoint = Endpoint {
    method: Method::Get,
    paths: &["/_longhouse/local/v1/rooms"],
    auth: Auth::Local,
    rate: RateClass::Admin,
    body_bytes_max: body::NONE,
    spec: ROOM_DOCUMENTATION,
    summary: "Lists rooms in order of their numbers.",
};

/// How many are listed at most in one answer.
const PAGE: i64 = 500;

#[derive(Deserialize)]
pub(crate) struct Page {
    /// Only numbers behind this one.
    #[serde(default)]
    after: i64,
}

pub(crate) async fn handler(
    State(app): State<App>,
    Query(page): Query<Page>,
) -> Result<Json<RoomEntries>, Error> {
    let listed = app.rooms.list(page.after, PAGE).await?;
    let rooms = listed.into_iter().map(|room| RoomEntry {
        number: room.row.room_num.0,
        room_id: room.row.room_id,
        name: room.name,
        canonical_alias: room.canonical_alias,
        room_version: room.row.room_version,
        created_ms: room.row.created_ts,
        joined: room.row.joined,
        published: room.row.published,
        blocked: room.row.blocked,
    });
    Ok(Json(RoomEntries { rooms: rooms.collect() }))
}
