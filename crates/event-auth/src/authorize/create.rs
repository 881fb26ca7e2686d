//! The first event of a room (rule 1).
use protocol::{Pdu, RoomVersion};

use super::allowed_if;
use crate::{CreateContent, Denied, Malformed};

pub(super) fn check(version: RoomVersion, event: &Pdu) -> Result<(), Denied> {
    if event.prev_events().next().is_some() {
        return Err(Denied::CreateHasPrevEvents);
    }
    if version.create_event_is_room_id() {
        // The event's id covers a `room_id` field, so one that is there can never be its own hash: this also refuses
        // create events that have one.
        let hash = event.event_id().as_str().strip_prefix('$');
        if hash.is_none() || event.room_id().as_str().strip_prefix('!') != hash {
            return Err(Denied::CreateRoomId);
        }
    } else if event.room_id().server_name() != Some(event.sender().server_name()) {
        return Err(Denied::CreateRoomIdOfOtherServer);
    }
    let content = CreateContent::parse(event)?;
    if !content.has_creator {
        return Err(Malformed { kind: "m.room.create", field: "creator" }.into());
    }
    allowed_if(content.is_of_version(version), Denied::CreateRoomVersion)
}
