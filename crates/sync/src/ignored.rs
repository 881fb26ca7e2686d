//! What is kept from somebody who ignores others ([spec]), other than events: those are left out by [`rooms::View`].
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#ignoring-users
use std::sync::Arc;

use protocol::ids::{OwnedUserId, UserId};
use rooms::{InviteRules, InviteVerdict};
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

    /// Which invites are kept from the client's user.
    pub(crate) async fn unwanted_invites(&self, client: &Client) -> Result<UnwantedInvites> {
        let rules = self.rooms.invite_rules(client.user_num).await?;
        Ok(UnwantedInvites { ignored: self.ignored_by(client), rules })
    }

    /// Whether a place is an invite that is kept from the client's user.
    pub(crate) async fn is_ignored_invite(
        &self,
        client: &Client,
        place: MembershipRow,
    ) -> Result<bool> {
        if place.membership != Membership::Invite {
            return Ok(false);
        }
        self.is_unwanted(&self.unwanted_invites(client).await?, place).await
    }

    /// Whether an invite is one of those.
    pub(crate) async fn is_unwanted(
        &self,
        unwanted: &UnwantedInvites,
        invite: MembershipRow,
    ) -> Result<bool> {
        if unwanted.ignored.is_none() && unwanted.rules.is_empty() {
            return Ok(false);
        }
        let invite = self.rooms.events(&[invite.event_num]).await?;
        Ok(invite.first().is_some_and(|invite| unwanted.are_by(invite.pdu.sender())))
    }
}

/// The invites that are kept from a user: those by somebody whom they [ignore], and those that they want to know nothing of
/// ([MSC4155]).
///
/// [ignore]: https://spec.matrix.org/v1.16/client-server-api/#ignoring-users
/// [MSC4155]: https://github.com/matrix-org/matrix-spec-proposals/pull/4155
pub(crate) struct UnwantedInvites {
    ignored: Option<Arc<IgnoredUsers>>,
    rules: InviteRules,
}

impl UnwantedInvites {
    fn are_by(&self, inviter: &UserId) -> bool {
        self.ignored.as_ref().is_some_and(|ignored| ignored.contains(inviter))
            || self.rules.verdict(inviter) == InviteVerdict::Ignore
    }

    /// Where in the change stream the user has last said so.
    pub(crate) fn rules_position(&self) -> i64 {
        self.rules.position()
    }
}
