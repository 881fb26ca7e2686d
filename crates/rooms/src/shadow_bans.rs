//! Users whose doings reach nobody, without their being told: they get the answers that they would get, and nothing is
//! stored that others see.
//!
//! What they send, set and redact, whom they ask in, remove or ban, and that they type, is dropped. They create rooms in
//! which they stay alone. They join and leave rooms in earnest, without a reason and under the name that they have outside of
//! the room; what they have read, they alone know.
use protocol::{
    canonical::{self, Object},
    ids::{self, OwnedEventId, OwnedRoomId, RoomId, UserId},
};

use crate::{
    create_room::CreateRoom,
    error::{Error, Result},
    facts::Facts,
    membership::set_profile,
    service::Rooms,
};
use store::memberships::Membership;

impl Rooms {
    pub(crate) fn is_shadow_banned(&self, user: &UserId) -> bool {
        self.store.shadow_bans.has(user)
    }

    /// The id of a state event that was not set; `None` if it is one that is set in earnest: the user comes or goes.
    pub(crate) async fn pretended_state(
        &self,
        facts: &Facts,
        sender: &UserId,
        (kind, state_key): (&str, &str),
        content: &mut Object,
    ) -> Result<Option<OwnedEventId>> {
        let membership = canonical::string(content, "membership").and_then(Membership::parse);
        let is_own = kind == "m.room.member" && state_key == sender.as_str();
        let comes = membership == Some(Membership::Join) && !facts.is_joined(sender);
        let goes = membership == Some(Membership::Leave);
        if is_own && (comes || goes) {
            content.remove("reason");
            set_profile(content, &self.profile(sender).await?);
            return Ok(None);
        }
        let text = canonical::to_string(content);
        let key = format!("{kind}\n{state_key}\n{}\n{text}", self.now_ms());
        pretended_event(sender, &facts.room_id, &key).map(Some)
    }

    /// The id of a room that was not created.
    pub(crate) fn pretended_room(&self) -> Result<OwnedRoomId> {
        let mut random = [0; 18];
        self.store.entropy.fill(&mut random);
        ids::room_id(self.server_name(), &random)
            .ok_or_else(|| Error::Build("the server's name is too long".into()))
    }
}

/// The id of an event that was not sent. Sent again with the same transaction, it has the same.
pub(crate) fn pretended_event(
    sender: &UserId,
    room_id: &RoomId,
    key: &str,
) -> Result<OwnedEventId> {
    let id = ids::made_up_event_id(&[sender.as_str(), room_id.as_str(), key]);
    id.ok_or_else(|| Error::Build("no id could be made up".to_owned()))
}

/// What is left of a new room's plan when nobody is to be asked in.
pub(crate) fn without_others(mut request: CreateRoom) -> CreateRoom {
    request.invite.clear();
    request.initial_state.retain(|(kind, _, _)| kind != "m.room.member");
    request
}
