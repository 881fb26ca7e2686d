//! What a room shows of itself, as clients read it ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv1room_summaryroomidoralias
use protocol::ids::OwnedRoomId;
use rooms::RoomSummary;
use serde::Serialize;

use crate::rooms::room_list::Entry;

/// The fields that a room's description has beyond those of the public room list.
#[derive(Serialize)]
pub(crate) struct Summary {
    #[serde(flatten)]
    room: Entry,
    room_version: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    encryption: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    allowed_room_ids: Vec<OwnedRoomId>,
}

impl From<RoomSummary> for Summary {
    fn from(summary: RoomSummary) -> Self {
        Self {
            room: summary.room.into(),
            room_version: summary.version.as_str(),
            encryption: summary.encryption,
            allowed_room_ids: summary.allowed_rooms,
        }
    }
}
