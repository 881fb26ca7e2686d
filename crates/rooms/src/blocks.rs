//! Rooms that are blocked: nobody of this server comes in, is asked in, or gives them an alias or a place in the list.
use protocol::ids::RoomId;
use store::blocked_rooms::{self as table, BlockRow};

use crate::{
    error::{Error, Result},
    service::Rooms,
};

/// What users are told of a blocked room if nobody has said it better.
const MESSAGE: &str = "this room is blocked by those who run this server";

impl Rooms {
    /// Blocks a room, whether or not it is known here. `message` is what users are told who want to join.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn block(&self, room_id: &RoomId, message: Option<String>) -> Result<()> {
        let block = BlockRow { message, is_temporary: false, blocked_ts: self.now_ms() };
        let mut write = db::Write::new();
        table::set(&mut write, room_id, &block);
        drop(self.store.write(write).await?);
        Ok(())
    }

    /// Blocks a room no longer.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn unblock(&self, room_id: &RoomId) -> Result<()> {
        let mut write = db::Write::new();
        table::delete(&mut write, room_id);
        drop(self.store.write(write).await?);
        Ok(())
    }

    /// The block of a room, if it is blocked.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn block_of(&self, room_id: &RoomId) -> Result<Option<BlockRow>> {
        Ok(table::find(&self.store.db, room_id).await?)
    }

    /// The ids of the blocked rooms behind `after`, in order.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn blocked_rooms(&self, after: &str, limit: i64) -> Result<Vec<String>> {
        Ok(table::list(&self.store.db, after, limit).await?)
    }

    /// # Errors
    /// [`Error::Blocked`] if the room is blocked.
    pub(crate) async fn check_not_blocked(&self, room_id: &RoomId) -> Result<()> {
        match self.block_of(room_id).await? {
            None => Ok(()),
            Some(block) => Err(Error::Blocked(block.message.unwrap_or_else(|| MESSAGE.to_owned()))),
        }
    }
}
