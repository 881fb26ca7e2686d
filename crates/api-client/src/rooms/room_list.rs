//! The public room list, as both of its endpoints answer with it.
use endpoint::{
    Failure,
    error::{INVALID_PARAM, NOT_FOUND},
};
use protocol::ids::{OwnedRoomId, OwnedServerName};
use rooms::{PublicRoom, PublicRoomsQuery};
use serde::Serialize;

use super::error::Error;
use crate::App;

/// How many entries a client gets at most, and if it does not say how many it wants.
const LIMIT_MAX: u32 = 100;

/// Which part of which server's list.
pub(crate) struct Page {
    pub(crate) server: Option<OwnedServerName>,
    pub(crate) limit: Option<u32>,
    pub(crate) since: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct RoomList {
    chunk: Vec<Entry>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_batch: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prev_batch: Option<String>,
    total_room_count_estimate: usize,
}

/// A room, as the list and the descriptions of rooms have it.
#[derive(Serialize)]
pub(crate) struct Entry {
    room_id: OwnedRoomId,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    topic: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    avatar_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    canonical_alias: Option<String>,
    join_rule: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    room_type: Option<String>,
    num_joined_members: u64,
    world_readable: bool,
    guest_can_join: bool,
}

impl From<PublicRoom> for Entry {
    fn from(room: PublicRoom) -> Self {
        Self {
            room_id: room.room_id,
            name: room.name,
            topic: room.topic,
            avatar_url: room.avatar_url,
            canonical_alias: room.canonical_alias,
            join_rule: room.join_rule.as_str(),
            room_type: room.room_type,
            num_joined_members: room.joined,
            world_readable: room.world_readable,
            guest_can_join: room.guest_can_join,
        }
    }
}

/// A page of the list. Its token is the number of entries before it.
///
/// # Errors
/// 404 `M_NOT_FOUND` for another server's list, 400 `M_INVALID_PARAM` for a token that is none.
pub(crate) async fn list_rooms(
    app: &App,
    page: Page,
    wanted: PublicRoomsQuery,
) -> Result<RoomList, Failure> {
    if page.server.is_some_and(|server| server != app.settings.server_name) {
        return Err(NOT_FOUND.because("This server does not talk to other servers"));
    }
    let offset = page.since.map(|since| since.parse::<u32>()).transpose();
    let offset = offset.map_err(|_| INVALID_PARAM.because("since is not a token of this list"))?;
    let offset = offset.unwrap_or(0) as usize;
    // No entry at all would be a page without end.
    let limit = page.limit.filter(|limit| *limit > 0).unwrap_or(LIMIT_MAX).min(LIMIT_MAX) as usize;
    let wanted = PublicRoomsQuery { offset, limit, ..wanted };
    let found = app.rooms.public_rooms(&wanted).await.map_err(Error::from)?;
    let end = offset.saturating_add(found.rooms.len());
    Ok(RoomList {
        chunk: found.rooms.into_iter().map(Entry::from).collect(),
        next_batch: (end < found.total).then(|| end.to_string()),
        prev_batch: (offset > 0).then(|| offset.saturating_sub(limit).to_string()),
        total_room_count_estimate: found.total,
    })
}
