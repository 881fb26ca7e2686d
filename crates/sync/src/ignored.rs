//! What is kept from somebody who ignores others ([spec]), other than events: those are left out by [`rooms::View`].
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#ignoring-users
use std::sync::Arc;

use protocol::ids::OwnedUserId;
use store::{
    IgnoredUsers, RoomNum,
    memberships::{Membership, MembershipRow},
};

use crate::{client::Client, error::Result, service::Sync};

impl Sync {
    /// Whom the client's user ignores; none if it is nobody.
    pub(crate) fn ignored_by(&self, client: &Client) -> Option<Arc<IgnoredUsers>> {
        self.store.ignores.of(client.user_num)
    }

    /// Who is typing in a room, without those whom the client's user ignores.
    pub(crate) fn typing_shown(&self, client: &Client, room: RoomNum) -> Vec<OwnedUserId> {
        let mut typing = self.rooms.typing(room);
        if let Some(ignored) = self.ignored_by(client).filter(|_| !typing.is_empty()) {
            typing.retain(|user| !ignored.contains(user));
        }
        typing
    }

    /// Whether a place is an invite by somebody whom the client's user ignores.
    pub(crate) async fn is_ignored_invite(
        &self,
        client: &Client,
        place: MembershipRow,
    ) -> Result<bool> {
        if place.membership != Membership::Invite {
            return Ok(false);
        }
        let Some(ignored) = self.ignored_by(client) else { return Ok(false) };
        let invite = self.rooms.events(&[place.event_num]).await?;
        Ok(invite.first().is_some_and(|invite| ignored.contains(invite.pdu.sender())))
    }
}
