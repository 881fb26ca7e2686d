//! Joining, inviting, leaving, removing, banning, knocking and forgetting.
use std::sync::Arc;

use protocol::{
    canonical::{self, Object, Value},
    ids::{OwnedUserId, RoomId, UserId},
};
use store::{
    Change,
    memberships::{self as table, Membership},
};

use crate::{
    draft::{Draft, Submission},
    error::{Error, Result},
    facts::Facts,
    room::Room,
    service::Rooms,
};

/// In the content of a join: who of the room vouches for the user ([spec]).
///
/// [spec]: https://spec.matrix.org/v1.16/client-server-api/#restricted-rooms
pub(crate) const VOUCHER: &str = "join_authorised_via_users_server";

/// A change of somebody's membership.
#[derive(Clone, Debug)]
pub struct MembershipChange<'a> {
    /// Who changes it.
    pub sender: &'a UserId,
    /// Whose it is.
    pub target: &'a UserId,
    /// Why, for others to read.
    pub reason: Option<&'a str>,
}

/// What a member event shows of its user.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// The name.
    pub displayname: Option<String>,
    /// The picture.
    pub avatar_url: Option<String>,
}

impl Rooms {
    /// Joins a room. Joined already, it changes nothing.
    ///
    /// # Errors
    /// See [`Error`]; nothing is stored then.
    pub async fn join(
        self: &Arc<Self>,
        user: &UserId,
        room_id: &RoomId,
        reason: Option<&str>,
    ) -> Result<()> {
        self.check_not_blocked(room_id).await?;
        let room = self.room(room_id).await?;
        let facts = room.facts(self).await?;
        if facts.is_joined(user) {
            return Ok(());
        }
        let reason = reason.filter(|_| !self.is_shadow_banned(user));
        let mut content = self.member_content(user, Membership::Join, reason).await?;
        self.vouch(&facts, user, &mut content).await?;
        self.put_member(&room, user, user, content).await
    }

    /// Asks a user in.
    ///
    /// # Errors
    /// See [`Error`]; nothing is stored then.
    pub async fn invite(
        self: &Arc<Self>,
        room_id: &RoomId,
        change: MembershipChange<'_>,
    ) -> Result<()> {
        let room = self.joined_room(room_id, change.sender).await?;
        if change.target.server_name() != self.server_name() {
            return Err(Error::NotLocal(change.target.to_string()));
        }
        self.check_not_blocked(room_id).await?;
        self.check_invite(change.sender, change.target).await?;
        if self.is_shadow_banned(change.sender) {
            return Ok(());
        }
        let is_direct = None;
        let draft = self.invite_draft(change.target, change.reason, is_direct).await?;
        self.submit_one(&room, Submission::one(change.sender.to_owned(), draft)).await?;
        Ok(())
    }

    pub(crate) async fn invite_draft(
        &self,
        target: &UserId,
        reason: Option<&str>,
        is_direct: Option<bool>,
    ) -> Result<Draft> {
        let mut content = self.member_content(target, Membership::Invite, reason).await?;
        if let Some(is_direct) = is_direct {
            content.insert("is_direct".into(), Value::Bool(is_direct));
        }
        Ok(Draft::state("m.room.member", target.as_str(), content))
    }

    /// Leaves a room, or turns down an invite, or takes back a knock. Gone already, it changes nothing.
    ///
    /// # Errors
    /// See [`Error`]; nothing is stored then.
    pub async fn leave(
        self: &Arc<Self>,
        user: &UserId,
        room_id: &RoomId,
        reason: Option<&str>,
    ) -> Result<()> {
        let room = self.find(room_id).await?.ok_or(Error::UnknownRoom)?;
        let facts = room.facts(self).await?;
        match facts.membership(user) {
            None => return Err(Error::UnknownRoom),
            Some(Membership::Invite) if self.is_notice_room(&facts) => {
                return Err(Error::NoticeRoom);
            }
            Some(Membership::Leave) => return Ok(()),
            Some(_) => {}
        }
        let reason = reason.filter(|_| !self.is_shadow_banned(user));
        let content = leave_content(Membership::Leave, reason);
        self.put_member(&room, user, user, content).await
    }

    /// Removes a user, who may come back.
    ///
    /// # Errors
    /// See [`Error`]; nothing is stored then.
    pub async fn kick(
        self: &Arc<Self>,
        room_id: &RoomId,
        change: MembershipChange<'_>,
    ) -> Result<()> {
        let room = self.joined_room(room_id, change.sender).await?;
        let membership = room.facts(self).await?.membership(change.target);
        if !matches!(membership, Some(Membership::Join | Membership::Invite | Membership::Knock)) {
            return Err(Error::Forbidden("the user is not in this room"));
        }
        let content = leave_content(Membership::Leave, change.reason);
        self.put_other(&room, &change, content).await
    }

    /// Removes a user and keeps them out.
    ///
    /// # Errors
    /// See [`Error`]; nothing is stored then.
    pub async fn ban(
        self: &Arc<Self>,
        room_id: &RoomId,
        change: MembershipChange<'_>,
    ) -> Result<()> {
        let room = self.joined_room(room_id, change.sender).await?;
        let content = leave_content(Membership::Ban, change.reason);
        self.put_other(&room, &change, content).await
    }

    /// Lets a banned user come back.
    ///
    /// # Errors
    /// See [`Error`]; nothing is stored then.
    pub async fn unban(
        self: &Arc<Self>,
        room_id: &RoomId,
        change: MembershipChange<'_>,
    ) -> Result<()> {
        let room = self.joined_room(room_id, change.sender).await?;
        if room.facts(self).await?.membership(change.target) != Some(Membership::Ban) {
            return Err(Error::Forbidden("the user is not banned from this room"));
        }
        let content = leave_content(Membership::Leave, change.reason);
        self.put_other(&room, &change, content).await
    }

    /// Asks to be let in.
    ///
    /// # Errors
    /// See [`Error`]; nothing is stored then.
    pub async fn knock(
        self: &Arc<Self>,
        user: &UserId,
        room_id: &RoomId,
        reason: Option<&str>,
    ) -> Result<()> {
        self.check_not_blocked(room_id).await?;
        let room = self.room(room_id).await?;
        if self.is_shadow_banned(user) {
            return Ok(());
        }
        let content = self.member_content(user, Membership::Knock, reason).await?;
        self.put_member(&room, user, user, content).await
    }

    /// Takes a room that the user has left out of their sight.
    ///
    /// # Errors
    /// [`Error::StillJoined`] unless they have left.
    pub async fn forget(self: &Arc<Self>, user: &UserId, room_id: &RoomId) -> Result<()> {
        let room = self.find(room_id).await?.ok_or(Error::UnknownRoom)?;
        let Some(user_num) = self.store.interner.find_user(user).await? else {
            return Err(Error::UnknownRoom);
        };
        match self.rooms_of(user_num).await?.get(room.num).map(|row| row.membership) {
            None => return Err(Error::UnknownRoom),
            Some(Membership::Leave | Membership::Ban) => {}
            Some(_) => return Err(Error::StillJoined),
        }
        let mut write = db::Write::new();
        table::forget(&mut write, room.num, user_num);
        let at = write.position();
        let committed = self.store.write(write).await?;
        self.memberships.forget(room.num, user_num);
        let change = Change::User { position: committed.position(&at), user: user_num };
        self.store.changes.publish(committed.publication, &[change]);
        Ok(())
    }

    /// Shows a changed profile in every room that the user is in. A room that does not allow it is passed over.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn update_profile(self: &Arc<Self>, user: &UserId) -> Result<()> {
        if self.is_shadow_banned(user) {
            return Ok(());
        }
        let Some(user_num) = self.store.interner.find_user(user).await? else { return Ok(()) };
        for num in self.rooms_of(user_num).await?.joined() {
            let Some(room) = self.by_number(num).await? else { continue };
            let facts = room.facts(self).await?;
            let Some(current) = facts.state.get("m.room.member", user.as_str()) else { continue };
            let Ok(mut content) = canonical::parse_object(current.pdu.content().as_bytes()) else {
                continue;
            };
            // They were about how the user came in.
            content.remove(VOUCHER);
            content.remove("reason");
            set_profile(&mut content, &self.profile(user).await?);
            if canonical::to_string(&content) == current.pdu.content() {
                continue;
            }
            if let Err(error) = self.put_member(&room, user, user, content).await {
                tracing::info!(room.id = %room.id, %error, "a profile could not be shown in a room");
            }
        }
        Ok(())
    }

    /// Takes a user out of every room, as when their account is closed: they leave, turn down invites and take back
    /// knocks. A room that does not allow it is passed over.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn leave_all(self: &Arc<Self>, user: &UserId) -> Result<()> {
        let Some(user_num) = self.store.interner.find_user(user).await? else { return Ok(()) };
        let rooms = self.rooms_of(user_num).await?;
        let present = [Membership::Join, Membership::Invite, Membership::Knock];
        for num in present.into_iter().flat_map(|membership| rooms.with(membership)) {
            let Some(room) = self.by_number(num).await? else { continue };
            let content = leave_content(Membership::Leave, None);
            if let Err(error) = self.put_member(&room, user, user, content).await {
                tracing::info!(room.id = %room.id, %error, "a closed account could not leave a room");
            }
        }
        Ok(())
    }

    /// Changes the membership of somebody else.
    async fn put_other(
        self: &Arc<Self>,
        room: &Arc<Room>,
        change: &MembershipChange<'_>,
        content: Object,
    ) -> Result<()> {
        if self.is_shadow_banned(change.sender) {
            return Ok(());
        }
        self.put_member(room, change.sender, change.target, content).await
    }

    async fn put_member(
        self: &Arc<Self>,
        room: &Arc<Room>,
        sender: &UserId,
        target: &UserId,
        content: Object,
    ) -> Result<()> {
        let draft = Draft::state("m.room.member", target.as_str(), content);
        self.submit_one(room, Submission::one(sender.to_owned(), draft)).await?;
        Ok(())
    }

    /// What `user` shows of themselves.
    pub(crate) async fn profile(&self, user: &UserId) -> Result<Profile> {
        let mut profile = Profile::default();
        let Some(user_num) = self.store.interner.find_user(user).await? else {
            return Ok(profile);
        };
        for field in store::profiles::of_user(&self.store.db, user_num).await? {
            let Ok(text) = serde_json::from_str::<String>(&field.value) else { continue };
            match field.field.as_str() {
                "displayname" => profile.displayname = Some(text),
                "avatar_url" => profile.avatar_url = Some(text),
                _ => {}
            }
        }
        Ok(profile)
    }

    pub(crate) async fn member_content(
        &self,
        user: &UserId,
        membership: Membership,
        reason: Option<&str>,
    ) -> Result<Object> {
        let mut content = leave_content(membership, reason);
        if user.server_name() == self.server_name() {
            set_profile(&mut content, &self.profile(user).await?);
        }
        Ok(content)
    }

    /// The member event that a client sends as it is, rather than by the endpoint for it. Who vouches for a join is for
    /// this server to say, which signs it: a client's word for it is dropped.
    pub(crate) async fn check_member_content(
        self: &Arc<Self>,
        facts: &Facts,
        sender: &UserId,
        target: &str,
        content: &mut Object,
    ) -> Result<()> {
        let target = UserId::parse(target)
            .map_err(|_| Error::BadContent("a member event needs a user".into()))?;
        let membership = canonical::string(content, "membership").and_then(Membership::parse);
        content.remove(VOUCHER);
        if matches!(membership, Some(Membership::Join | Membership::Invite | Membership::Knock)) {
            self.check_not_blocked(&facts.room_id).await?;
        }
        if membership == Some(Membership::Leave)
            && target == sender
            && facts.membership(sender) == Some(Membership::Invite)
            && self.is_notice_room(facts)
        {
            return Err(Error::NoticeRoom);
        }
        match membership {
            Some(Membership::Invite) if target.server_name() != self.server_name() => {
                Err(Error::NotLocal(target.to_string()))
            }
            Some(Membership::Invite) => self.check_invite(sender, &target).await,
            Some(Membership::Join) if target == sender => self.vouch(facts, sender, content).await,
            _ => Ok(()),
        }
    }

    /// Names in a join who of this server vouches for `user`, if that is needed and somebody can.
    async fn vouch(
        self: &Arc<Self>,
        facts: &Facts,
        user: &UserId,
        content: &mut Object,
    ) -> Result<()> {
        if let Some(voucher) = self.join_voucher(facts, user).await? {
            content.insert(VOUCHER.into(), Value::String(voucher.as_str().to_owned()));
        }
        Ok(())
    }

    /// Who of this server lets `user` in, where only a member's word does ([MSC3083]).
    ///
    /// [MSC3083]: https://spec.matrix.org/v1.16/client-server-api/#restricted-rooms
    async fn join_voucher(
        self: &Arc<Self>,
        facts: &Facts,
        user: &UserId,
    ) -> Result<Option<OwnedUserId>> {
        let restricted = facts.join_rule().is_restricted();
        let is_in = matches!(facts.membership(user), Some(Membership::Join | Membership::Invite));
        if !restricted || is_in {
            return Ok(None);
        }
        if self.is_in_allowed_room(facts, user).await? {
            return Ok(self.who_can_invite(facts));
        }
        Ok(None)
    }

    /// Whether `user` is in one of the rooms whose members a restricted room lets in.
    pub(crate) async fn is_in_allowed_room(
        self: &Arc<Self>,
        facts: &Facts,
        user: &UserId,
    ) -> Result<bool> {
        for room_id in facts.allowed_rooms() {
            let Some(room) = self.find(&room_id).await? else { continue };
            if room.facts(self).await?.is_joined(user) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Somebody of this server who is in the room and may invite: those with a power of their own are asked first.
    fn who_can_invite(&self, facts: &Facts) -> Option<OwnedUserId> {
        let powers = facts.powers();
        let may = |user: &&UserId| {
            user.server_name() == self.server_name()
                && facts.is_joined(user)
                && powers.can_invite(user)
        };
        if let Some(user) = powers.named().into_iter().find(may) {
            return Some(user.to_owned());
        }
        if !powers.everybody_can_invite() {
            return None;
        }
        let members = facts.state.of_type("m.room.member");
        let mut members = members.filter_map(|(user, _)| <&UserId>::try_from(&**user).ok());
        members.find(may).map(ToOwned::to_owned)
    }
}

fn leave_content(membership: Membership, reason: Option<&str>) -> Object {
    let mut content = Object::new();
    content.insert("membership".into(), Value::String(membership.as_str().to_owned()));
    if let Some(reason) = reason {
        content.insert("reason".into(), Value::String(reason.to_owned()));
    }
    content
}

pub(crate) fn set_profile(content: &mut Object, profile: &Profile) {
    let fields = [("displayname", &profile.displayname), ("avatar_url", &profile.avatar_url)];
    for (field, value) in fields {
        match value {
            Some(value) => drop(content.insert(field.into(), Value::String(value.clone()))),
            None => drop(content.remove(field)),
        }
    }
}
