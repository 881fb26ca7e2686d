//! What a room shows of itself to those who may enter it or ask to ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv1room_summaryroomidoralias
use std::sync::Arc;

use protocol::{
    RoomVersion,
    ids::{OwnedRoomId, RoomId, UserId},
};
use store::memberships::Membership;

use crate::{
    directory::{PublicRoom, entry},
    error::{Error, Result},
    facts::{Facts, JoinRule},
    service::Rooms,
    visibility::HistoryVisibility,
};

/// A room as it is described to somebody who may not be in it.
#[derive(Clone, Debug)]
pub struct RoomSummary {
    /// What the public room list would say.
    pub room: PublicRoom,
    /// Its version.
    pub version: RoomVersion,
    /// How messages are to be encrypted, if they are.
    pub encryption: Option<String>,
    /// The rooms whose members it lets in; empty unless its join rule is restricted.
    pub allowed_rooms: Vec<OwnedRoomId>,
    /// What the user who asks is in it; `None` for anybody else.
    pub membership: Option<Membership>,
}

impl Rooms {
    /// Describes a room to `user`, or to somebody who is nobody here.
    ///
    /// # Errors
    /// [`Error::UnknownRoom`] if there is no such room, or none that they may look at: they are not told which.
    pub async fn summary(
        self: &Arc<Self>,
        user: Option<&UserId>,
        room_id: &RoomId,
    ) -> Result<RoomSummary> {
        let room = self.room(room_id).await?;
        let facts = room.facts(self).await?;
        if !self.may_look_at(&facts, user).await? {
            return Err(Error::UnknownRoom);
        }
        Ok(summary(&facts, user))
    }

    /// Whether `user` is in the room, may enter it, may ask to, or may read it ([spec]). Nobody (`None`) has only what is
    /// open to everybody; whoever is banned has only what anybody can read.
    ///
    /// [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv1roomsroomidhierarchy
    pub(crate) async fn may_look_at(
        self: &Arc<Self>,
        facts: &Facts,
        user: Option<&UserId>,
    ) -> Result<bool> {
        if facts.history_visibility() == HistoryVisibility::WorldReadable {
            return Ok(true);
        }
        let rule = facts.join_rule();
        let is_open = rule == JoinRule::Public || rule.lets_knock();
        let Some(user) = user else { return Ok(is_open) };
        match facts.membership(user) {
            Some(Membership::Join | Membership::Invite | Membership::Knock) => Ok(true),
            Some(Membership::Ban) => Ok(false),
            Some(Membership::Leave) | None => {
                Ok(is_open
                    || (rule.is_restricted() && self.is_in_allowed_room(facts, user).await?))
            }
        }
    }
}

pub(crate) fn summary(facts: &Facts, user: Option<&UserId>) -> RoomSummary {
    let allowed_rooms =
        if facts.join_rule().is_restricted() { facts.allowed_rooms() } else { Vec::new() };
    RoomSummary {
        room: entry(facts),
        version: facts.version,
        encryption: facts.state_text("m.room.encryption", "algorithm"),
        allowed_rooms,
        membership: user.and_then(|user| facts.membership(user)),
    }
}
