//! Who is together with whom in a room: what device lists are told by.
use std::{collections::BTreeSet, sync::Arc};

use store::{RoomNum, UserNum, memberships as table};

use crate::service::Rooms;

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

    /// With whom `user` may have begun or ceased to share a room after position `after` and up to `until`: those who
    /// joined or left a room of the user's, and all who are joined to a room that the user joined or left.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn met_or_parted(
        self: &Arc<Self>,
        user: UserNum,
        after: i64,
        until: i64,
    ) -> db::Result<Vec<UserNum>> {
        let mut met = BTreeSet::new();
        if !self.store.changes.memberships_changed_since(after) {
            return Ok(Vec::new());
        }
        for own in self.rooms_of(user).await?.all() {
            let moved = own.position > after && own.position <= until;
            if !moved && !self.store.changes.room_changed_since(own.room_num, after) {
                continue;
            }
            for row in
                table::of_room(&self.store.db, own.room_num, if moved { i64::MIN } else { after })
                    .await?
            {
                met.insert(row.user_num);
            }
        }
        Ok(met.into_iter().collect())
    }
}
