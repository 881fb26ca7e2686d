//! Rooms that the user is asked into, or asks to be let into.
use rooms::Room;

use super::{Events, Request};
use crate::{error::Result, service::Sync};

impl Sync {
    /// What the user may know of a room that they are not in yet.
    pub(super) async fn pending_state(&self, request: &Request, room: &Room) -> Result<Events> {
        let facts = room.facts(&self.rooms).await?;
        Ok(Events { events: self.rooms.stripped_state(&facts, &request.user_id)? })
    }
}
