//! The rooms in which the server speaks to its users ([spec]): what is special about them.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#server-notices
use std::sync::Arc;

use protocol::ids::UserId;

use crate::{draft::Submission, error::Result, facts::Facts, room::Room, service::Rooms};

impl Rooms {
    /// Whether the server speaks in a room: the user whom it speaks as has made it.
    pub(crate) fn is_notice_room(&self, facts: &Facts) -> bool {
        let create = facts.state.get("m.room.create", "");
        let creator = create.map(|create| create.pdu.sender());
        creator.is_some_and(|creator| self.settings.notices_user.as_deref() == Some(creator))
    }

    /// Asks a user into a room of the server's, whether or not they want invites.
    ///
    /// # Errors
    /// See [`crate::Error`]; nothing is stored then.
    pub async fn invite_by_server(
        self: &Arc<Self>,
        sender: &UserId,
        target: &UserId,
        room: &Arc<Room>,
    ) -> Result<()> {
        let draft = self.invite_draft(target, None, None).await?;
        self.submit_one(room, Submission::one(sender.to_owned(), draft)).await?;
        Ok(())
    }
}
