//! Invitations, leaving, kicks, bans and knocks (rule 5).
use protocol::{Pdu, ids::UserId};

use super::{Room, allowed_if, join, third_party};
use crate::{Denied, JoinRule, Membership, State, content::MemberContent, join_rule_of};

pub(super) fn check<S: State>(event: &Pdu, room: &Room<'_, S>) -> Result<(), Denied> {
    let target = <&UserId>::try_from(event.state_key().ok_or(Denied::MemberStateKey)?)
        .map_err(|_| Denied::MemberStateKey)?;
    let content = MemberContent::parse(event.content())?;
    match content.membership().ok_or(Denied::UnknownMembership)? {
        Membership::Join => join::check(event, target, &content, room),
        Membership::Invite => invite(event, target, &content, room),
        Membership::Leave if event.sender() == target => leave(target, room),
        Membership::Leave => kick(event, target, room),
        Membership::Ban => ban(event, target, room),
        Membership::Knock if room.version.knock() => knock(event, target, room),
        Membership::Knock => Err(Denied::UnknownMembership),
    }
}

fn invite<S: State>(
    event: &Pdu,
    target: &UserId,
    content: &MemberContent<'_>,
    room: &Room<'_, S>,
) -> Result<(), Denied> {
    if let Some(signed) = content.third_party_signed()? {
        return third_party::check(event, target, signed, room);
    }
    sender_is_joined(event, room)?;
    match room.membership(target) {
        Some(Membership::Ban) => return Err(Denied::InviteBanned),
        Some(Membership::Join) => return Err(Denied::InviteJoined),
        _ => {}
    }
    allowed_if(
        room.level(event.sender())?.reaches(room.power_levels()?.invite()),
        Denied::InvitePower,
    )
}

fn leave<S: State>(user: &UserId, room: &Room<'_, S>) -> Result<(), Denied> {
    let is_in = match room.membership(user) {
        Some(Membership::Join | Membership::Invite) => true,
        Some(Membership::Knock) => room.version.knock(),
        _ => false,
    };
    allowed_if(is_in, Denied::LeaveNotIn)
}

fn kick<S: State>(event: &Pdu, target: &UserId, room: &Room<'_, S>) -> Result<(), Denied> {
    sender_is_joined(event, room)?;
    let level = room.level(event.sender())?;
    let is_banned = room.membership(target) == Some(Membership::Ban);
    if is_banned && !level.reaches(room.power_levels()?.ban()) {
        return Err(Denied::UnbanPower);
    }
    let may = level.reaches(room.power_levels()?.kick()) && room.level(target)? < level;
    allowed_if(may, Denied::KickPower)
}

fn ban<S: State>(event: &Pdu, target: &UserId, room: &Room<'_, S>) -> Result<(), Denied> {
    sender_is_joined(event, room)?;
    let level = room.level(event.sender())?;
    let may = level.reaches(room.power_levels()?.ban()) && room.level(target)? < level;
    allowed_if(may, Denied::BanPower)
}

fn knock<S: State>(event: &Pdu, target: &UserId, room: &Room<'_, S>) -> Result<(), Denied> {
    match join_rule_of(room.state.get("m.room.join_rules", "")) {
        JoinRule::Knock => {}
        JoinRule::KnockRestricted if room.version.knock_restricted() => {}
        _ => return Err(Denied::KnockJoinRule),
    }
    if event.sender() != target {
        return Err(Denied::KnockForOther);
    }
    let is_outside = matches!(room.membership(target), Some(Membership::Leave | Membership::Knock));
    allowed_if(is_outside, Denied::KnockMembership)
}

fn sender_is_joined<S: State>(event: &Pdu, room: &Room<'_, S>) -> Result<(), Denied> {
    let is_joined = room.membership(event.sender()) == Some(Membership::Join);
    allowed_if(is_joined, Denied::SenderNotJoined)
}
