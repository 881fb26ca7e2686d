//! Who is together with whom in a room: what device lists are told by.
use std::{collections::BTreeSet, sync::Arc};

use protocol::ids::{OwnedRoomId, UserId};
use store::{
    RoomNum, UserNum,
    memberships::{self as table, Membership},
};

use crate::{error::Result, service::Rooms};

impl Rooms {
    /// Those of `others` who are joined to a room that `user` is joined to.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn sharing_with(
        self: &Arc<Self>,
        user: UserNum,
        others: &[UserNum],
    ) -> db::Result<BTreeSet<UserNum>> {
        let rooms: BTreeSet<RoomNum> = self.rooms_of(user).await?.joined().into_iter().collect();
        let mut sharing = BTreeSet::new();
        for other in others {
            let theirs = self.rooms_of(*other).await?.joined();
            if theirs.iter().any(|room| rooms.contains(room)) {
                sharing.insert(*other);
            }
        }
        Ok(sharing)
    }

    /// The rooms that both `user` and `other` are joined to, in the order of their ids.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn mutual_rooms(
        self: &Arc<Self>,
        user: UserNum,
        other: &UserId,
    ) -> Result<Vec<OwnedRoomId>> {
        let Some(other) = self.store.interner.find_user(other).await? else {
            return Ok(Vec::new());
        };
        let rooms: BTreeSet<RoomNum> = self.rooms_of(user).await?.joined().into_iter().collect();
        let mut mutual = Vec::new();
        for room in self.rooms_of(other).await?.joined() {
            if rooms.contains(&room) {
                mutual.push(self.store.interner.room_id(room).await?);
            }
        }
        mutual.sort_unstable();
        Ok(mutual)
    }

    /// With whom `user` has begun to share a room, and with whom they may have ceased to, after position `after` and up
    /// to `until`: those who joined or left a room of the user's, and the members of rooms that the user joined or left.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn moves(
        self: &Arc<Self>,
        user: UserNum,
        after: i64,
        until: i64,
    ) -> db::Result<Moves> {
        let mut moves = Moves::default();
        let hub = &self.store.changes;
        if !hub.memberships_changed_since(after) {
            return Ok(moves);
        }
        let places = self.rooms_of(user).await?.all();
        let rooms = places.iter().map(|own| own.room_num);
        let changed: BTreeSet<RoomNum> =
            hub.rooms_changed_since(rooms, after).into_iter().collect();
        for own in places {
            let user_moved = own.position > after && own.position <= until;
            if !user_moved && !changed.contains(&own.room_num) {
                continue;
            }
            let since = if user_moved { i64::MIN } else { after };
            let is_here = own.membership == Membership::Join;
            for row in table::of_room(&self.store.db, own.room_num, since).await? {
                if row.user_num == user {
                    continue;
                }
                match row.membership {
                    Membership::Join if is_here => drop(moves.together.insert(row.user_num)),
                    // Whoever was gone before is not met and not parted from.
                    membership if membership == Membership::Join || row.position > after => {
                        moves.apart.insert(row.user_num);
                    }
                    _ => {}
                }
            }
        }
        Ok(moves)
    }
}

/// Who came together with a user, and who went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Moves {
    /// They share a room with the user now, and perhaps did before.
    pub together: BTreeSet<UserNum>,
    /// They are no longer in some room with the user; there may be another.
    pub apart: BTreeSet<UserNum>,
}
