//! The fully read marker ([spec]): up to where a user has read everything, for their own clients.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#fully-read-markers
use std::sync::Arc;

use protocol::{
    canonical,
    ids::{EventId, RoomId, UserId},
};
use store::{Change, account_data};

use crate::{error::Result, service::Rooms};

impl Rooms {
    /// Moves the user's fully read marker to an event. It may move back too.
    ///
    /// # Errors
    /// [`Error::NotJoined`] unless the user is a member, [`Error::UnknownEvent`] if they can't see the event.
    ///
    /// [`Error::NotJoined`]: crate::Error::NotJoined
    /// [`Error::UnknownEvent`]: crate::Error::UnknownEvent
    pub async fn set_fully_read(
        self: &Arc<Self>,
        user: &UserId,
        room_id: &RoomId,
        event_id: &EventId,
    ) -> Result<()> {
        let room = self.joined_room(room_id, user).await?;
        self.visible_event(user, room_id, event_id).await?;
        let mut content = String::from(r#"{"event_id":"#);
        canonical::write_string(&mut content, event_id.as_str());
        content.push('}');
        let mut write = db::Write::new();
        let user = self.store.interner.user(&mut write, user).await?;
        let at = write.position();
        account_data::set(&mut write, user, Some(room.num), "m.fully_read", &content, &at);
        let committed = self.store.write(write).await?;
        let change = Change::User { position: committed.position(&at), user };
        self.store.changes.publish(committed.publication, &[change]);
        Ok(())
    }
}
