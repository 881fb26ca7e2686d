//! The event nearest to a moment ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv1roomsroomidtimestamp_to_event
use std::sync::Arc;

use protocol::ids::{RoomId, UserId};
use store::events::{self, Direction};

use crate::{
    error::{Error, Result},
    event::Event,
    service::Rooms,
};

impl Rooms {
    /// The event nearest to the time `ts` (Unix ms) that `user` may see: the first that was sent then or later, or the last
    /// that was sent then or before.
    ///
    /// # Errors
    /// [`Error::UnknownEvent`] if there is none; [`Error::NotJoined`] if the user was never in the room and it is not open
    /// to everybody.
    pub async fn nearest_event(
        self: &Arc<Self>,
        user: &UserId,
        room_id: &RoomId,
        ts: i64,
        direction: Direction,
    ) -> Result<Arc<Event>> {
        let room = self.find(room_id).await?.ok_or(Error::NotJoined)?;
        let view = self.view(&room, user).await?;
        if !view.ever_joined() && !view.is_world_readable() {
            return Err(Error::NotJoined);
        }
        let visible = self.store.changes.position();
        // What has expired is not looked for.
        let ts = match (direction, view.expired_before) {
            (Direction::Forward, Some(expired)) => ts.max(expired),
            _ => ts,
        };
        let mut nearest = None;
        for (after, until) in view.ranges() {
            let range = (after, until.min(visible));
            let found = events::nearest(&self.store.db, room.num, range, ts, direction).await?;
            let is_nearer = |(best, _): &(i64, _), (found, _): &(i64, _)| match direction {
                Direction::Forward => found < best,
                // Of the same time, that is the later one.
                Direction::Backward => found >= best,
            };
            if let Some(found) = found
                && nearest.as_ref().is_none_or(|best| is_nearer(best, &found))
            {
                nearest = Some(found);
            }
        }
        let (_, num) = nearest.ok_or(Error::UnknownEvent)?;
        let event = self.events(&[num]).await?.into_iter().next();
        event.filter(|event| view.sees_event(event)).ok_or(Error::UnknownEvent)
    }
}
