//! The rooms of each user who was active lately, in memory.
//!
//! Invariant: what is kept is never older than what was committed: a commit is applied under the same lock under which
//! a loaded list is kept, and a list that was read while something was applied is read again.
use std::{collections::BTreeMap, sync::Arc};

use db::Database;
use parking_lot::{Mutex, RwLock};
use quick_cache::unsync::Cache;
use store::{
    RoomNum, UserNum,
    memberships::{self as table, Membership, MembershipRow},
};

/// How many users' rooms are kept.
const USERS_MAX: usize = 20_000;

/// A user's place in each room that they have one in.
#[derive(Debug, Default)]
pub struct UserRooms {
    rooms: RwLock<BTreeMap<RoomNum, MembershipRow>>,
}

impl UserRooms {
    /// The rooms that the user is joined to.
    #[must_use]
    pub fn joined(&self) -> Vec<RoomNum> {
        self.with(Membership::Join)
    }

    /// How many rooms the user has a place in.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rooms.read().len()
    }

    /// Whether the user has a place in no room.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rooms.read().is_empty()
    }

    /// The rooms in which the user is `membership`.
    #[must_use]
    pub fn with(&self, membership: Membership) -> Vec<RoomNum> {
        let rooms = self.rooms.read();
        rooms.values().filter(|row| row.membership == membership).map(|row| row.room_num).collect()
    }

    /// The user's place in one room.
    #[must_use]
    pub fn get(&self, room: RoomNum) -> Option<MembershipRow> {
        self.rooms.read().get(&room).copied()
    }

    /// Every place, in the order of the rooms' numbers.
    #[must_use]
    pub fn all(&self) -> Vec<MembershipRow> {
        self.rooms.read().values().copied().collect()
    }
}

pub(crate) struct Memberships {
    kept: Mutex<Kept>,
}

struct Kept {
    users: Cache<UserNum, Arc<UserRooms>>,
    /// Counts what was applied.
    applied: u64,
}

impl Default for Memberships {
    fn default() -> Self {
        Self { kept: Mutex::new(Kept { users: Cache::new(USERS_MAX), applied: 0 }) }
    }
}

impl Memberships {
    pub(crate) async fn of(&self, db: &Database, user: UserNum) -> db::Result<Arc<UserRooms>> {
        loop {
            let applied = {
                let kept = self.kept.lock();
                if let Some(rooms) = kept.users.get(&user) {
                    return Ok(Arc::clone(rooms));
                }
                kept.applied
            };
            let rows = table::of_user(db, user).await?;
            let rooms = rows.into_iter().map(|row| (row.room_num, row)).collect();
            let rooms = Arc::new(UserRooms { rooms: RwLock::new(rooms) });
            let mut kept = self.kept.lock();
            if kept.applied == applied {
                kept.users.insert(user, Arc::clone(&rooms));
                return Ok(rooms);
            }
        }
    }

    /// Applies a committed membership.
    pub(crate) fn apply(&self, row: MembershipRow) {
        let mut kept = self.kept.lock();
        kept.applied += 1;
        if let Some(rooms) = kept.users.get(&row.user_num) {
            rooms.rooms.write().insert(row.room_num, row);
        }
    }

    /// Applies that a resolution has left a user without a place.
    pub(crate) fn remove(&self, room: RoomNum, user: UserNum) {
        let mut kept = self.kept.lock();
        kept.applied += 1;
        if let Some(rooms) = kept.users.get(&user) {
            rooms.rooms.write().remove(&room);
        }
    }

    /// Forgets all: it may not be what is stored.
    pub(crate) fn clear(&self) {
        let mut kept = self.kept.lock();
        kept.applied += 1;
        kept.users.clear();
    }

    /// Applies a committed forgetting.
    pub(crate) fn forget(&self, room: RoomNum, user: UserNum) {
        let mut kept = self.kept.lock();
        kept.applied += 1;
        if let Some(rooms) = kept.users.get(&user)
            && let Some(row) = rooms.rooms.write().get_mut(&room)
        {
            row.forgotten = true;
        }
    }
}
