//! How much is unread.
use std::sync::Arc;

use protocol::ids::UserId;
use rooms::{Room, Rooms};
use serde::Serialize;
use store::{RoomNum, UserNum, events, receipts};

use crate::Push;

/// How much of a room is unread for one user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Events that notify.
    pub notification_count: u64,
    /// Events that highlight.
    pub highlight_count: u64,
}

impl Push {
    /// How much of `room` is unread for a joined user.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn counts(
        &self,
        rooms: &Arc<Rooms>,
        user_id: &UserId,
        user: UserNum,
        room: &Arc<Room>,
    ) -> Result<Counts, rooms::Error> {
        let facts = room.facts(rooms).await?;
        let Some(member) = facts.state.get("m.room.member", user_id.as_str()) else {
            return Ok(Counts::default());
        };
        let mut read = (member.position().unwrap_or(0), member.notify_count());
        if let Some(receipt) = self.last_receipt(room.num, user).await?
            && receipt.event_position > read.0
            && let Some(event) = rooms.event(&receipt.event_id).await?
        {
            read = (receipt.event_position, event.notify_count());
        }
        let since = facts.head.notify_count.saturating_sub(read.1);
        if since <= 0 {
            return Ok(Counts::default());
        }
        let own = events::count_after(&self.store.db, room.num, user, read.0).await?;
        let notification_count = since.saturating_sub(own).max(0).unsigned_abs();
        Ok(Counts { notification_count, highlight_count: 0 })
    }

    async fn last_receipt(
        &self,
        room: RoomNum,
        user: UserNum,
    ) -> db::Result<Option<receipts::ReceiptRow>> {
        let receipts = receipts::of_user(&self.store.db, room, user).await?;
        Ok(receipts.into_iter().max_by_key(|receipt| receipt.event_position))
    }
}
