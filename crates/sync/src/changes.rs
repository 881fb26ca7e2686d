//! Which of a user's rooms have changed, asked of memory alone.
use rooms::UserRooms;
use store::{RoomNum, memberships::Membership};

use crate::service::Sync;

impl Sync {
    /// The rooms that the user is joined to and in which anything can have changed after `since`.
    ///
    /// What it costs follows from the smaller of both: the rooms that have changed, and the user's.
    pub(crate) fn changed_joined(&self, rooms: &UserRooms, since: i64) -> Vec<RoomNum> {
        let hub = &self.store.changes;
        match hub.changed_rooms(since, rooms.len()) {
            Some(mut changed) => {
                changed.retain(|room| is_joined(rooms, *room));
                changed
            }
            None => hub.rooms_changed_since(rooms.joined().into_iter(), since),
        }
    }

    /// Whether there is any such room.
    pub(crate) fn has_changed_joined(&self, rooms: &UserRooms, since: i64) -> bool {
        !self.changed_joined(rooms, since).is_empty()
    }

    /// The rooms that the user is joined to, with a change kept in memory only after `since`.
    pub(crate) fn ephemeral_joined(&self, rooms: &UserRooms, since: u64) -> Vec<RoomNum> {
        let mut changed = self.store.changes.ephemeral_rooms(since);
        changed.retain(|room| is_joined(rooms, *room));
        changed
    }

    /// Whether there is any such room.
    pub(crate) fn has_ephemeral(&self, rooms: &UserRooms, since: u64) -> bool {
        !self.ephemeral_joined(rooms, since).is_empty()
    }
}

fn is_joined(rooms: &UserRooms, room: RoomNum) -> bool {
    rooms.get(room).is_some_and(|place| place.membership == Membership::Join)
}
