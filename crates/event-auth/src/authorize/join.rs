//! Joining (rule 5.3).
use protocol::{Pdu, ids::UserId};

use super::{Room, allowed_if};
use crate::{Denied, JoinRule, Membership, State, content::MemberContent, join_rule_of};

pub(super) fn check<S: State>(
    event: &Pdu,
    target: &UserId,
    content: &MemberContent<'_>,
    room: &Room<'_, S>,
) -> Result<(), Denied> {
    let mut prev_events = event.prev_events();
    let is_second = prev_events.next() == Some(room.create_event.event_id());
    if is_second && prev_events.next().is_none() && room.create.creator.as_deref() == Some(target) {
        return Ok(());
    }
    if event.sender() != target {
        return Err(Denied::JoinForOther);
    }
    let membership = room.membership(target);
    if membership == Some(Membership::Ban) {
        return Err(Denied::JoinBanned);
    }
    let is_in = matches!(membership, Some(Membership::Join | Membership::Invite));
    match join_rule_of(room.state.get("m.room.join_rules", "")) {
        JoinRule::Public => Ok(()),
        JoinRule::Invite => allowed_if(is_in, Denied::JoinNotInvited),
        JoinRule::Knock if room.version.knock() => allowed_if(is_in, Denied::JoinNotInvited),
        JoinRule::Restricted if room.version.restricted() => restricted(is_in, content, room),
        JoinRule::KnockRestricted if room.version.knock_restricted() => {
            restricted(is_in, content, room)
        }
        _ => Err(Denied::JoinNotInvited),
    }
}

/// Somebody in the room who may invite must have vouched for the join. That their server has signed the event is checked
/// with the other signatures.
fn restricted<S: State>(
    is_in: bool,
    content: &MemberContent<'_>,
    room: &Room<'_, S>,
) -> Result<(), Denied> {
    if is_in {
        return Ok(());
    }
    let voucher = content.voucher()?.ok_or(Denied::JoinRestricted)?;
    let may = room.membership(&voucher) == Some(Membership::Join)
        && room.level(&voucher)?.reaches(room.power_levels()?.invite());
    allowed_if(may, Denied::JoinNotVouched)
}
