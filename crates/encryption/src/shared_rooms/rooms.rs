//! The rooms of this server, asked who is together with whom.
use std::{collections::BTreeSet, sync::Arc};

use rooms::{Moves, Rooms};
use store::{RoomNum, UserNum};

use super::{SharedRooms, SharingFuture};

impl SharedRooms for Arc<Rooms> {
    fn joined_rooms(&self, user: UserNum) -> SharingFuture<'_, Vec<RoomNum>> {
        Box::pin(async move { Ok(self.rooms_of(user).await?.joined()) })
    }

    fn sharing_with<'a>(
        &'a self,
        user: UserNum,
        others: &'a [UserNum],
    ) -> SharingFuture<'a, BTreeSet<UserNum>> {
        Box::pin(async move { Rooms::sharing_with(self, user, others).await })
    }

    fn moves(&self, user: UserNum, after: i64, until: i64) -> SharingFuture<'_, Moves> {
        Box::pin(async move {
            Rooms::moves(self, user, after, until).await.map_err(|error| match error {
                rooms::Error::Storage(error) => error,
                _ => db::Error::inconsistent("the history of a room"),
            })
        })
    }
}
