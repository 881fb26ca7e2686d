//! What this service needs to know of rooms: who is together with whom.
use std::{collections::BTreeSet, future::Future, pin::Pin};

use ::rooms::Moves;
use store::{RoomNum, UserNum};

mod rooms;

/// An answer that may need the database.
pub type SharingFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, db::Error>> + Send + 'a>>;

/// Who shares a room with whom. Two users share a room while both are joined to it.
pub trait SharedRooms: Send + Sync + 'static {
    /// The rooms that `user` is joined to.
    fn joined_rooms(&self, user: UserNum) -> SharingFuture<'_, Vec<RoomNum>>;

    /// Those of `others` who share a room with `user` now.
    fn sharing_with<'a>(
        &'a self,
        user: UserNum,
        others: &'a [UserNum],
    ) -> SharingFuture<'a, BTreeSet<UserNum>>;

    /// With whom `user` has begun to share a room, and with whom they may have ceased to, after position `after` and up
    /// to `until`: those who joined or left a room of the user's, and the members of rooms that the user joined or left.
    fn moves(&self, user: UserNum, after: i64, until: i64) -> SharingFuture<'_, Moves>;
}
