//! Guests: they are in rooms that let them in, and only as long as those do ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#guest-access
use std::sync::Arc;

use protocol::ids::RoomId;
use store::users;

use crate::{
    error::{Error, Result},
    room::Room,
    service::Rooms,
};

impl Rooms {
    /// Whether guests can join a room.
    ///
    /// # Errors
    /// [`Error::GuestsForbidden`] if they cannot, or there is no such room.
    pub async fn check_guests_can_join(self: &Arc<Self>, room_id: &RoomId) -> Result<()> {
        let room = self.find(room_id).await?.ok_or(Error::GuestsForbidden)?;
        let can_join = room.facts(self).await?.guest_can_join();
        if can_join { Ok(()) } else { Err(Error::GuestsForbidden) }
    }

    /// Lets the guests of this server leave a room that has closed to them.
    pub(crate) async fn see_guests_off(self: &Arc<Self>, room: &Arc<Room>) -> Result<()> {
        if room.facts(self).await?.guest_can_join() {
            return Ok(());
        }
        for guest in users::guests_in(&self.store.db, room.num).await? {
            self.put_out(room, &guest).await?;
        }
        Ok(())
    }

    /// The same in a task of its own, for whoever holds the room's writer.
    pub(crate) fn see_guests_off_later(self: &Arc<Self>, room: &Arc<Room>) {
        let (rooms, room) = (Arc::clone(self), Arc::clone(room));
        tokio::spawn(async move {
            if let Err(error) = rooms.see_guests_off(&room).await {
                tracing::warn!(room.id = %room.id, %error, "guests could not leave a room that is closed to them");
            }
        });
    }
}
