//! Changes of power levels (rule 9).
use protocol::Pdu;

use super::{Room, allowed_if};
use crate::{Change, Denied, PowerLevels, State, UserLevel};

pub(super) fn check<S: State>(
    event: &Pdu,
    level: UserLevel,
    room: &Room<'_, S>,
) -> Result<(), Denied> {
    let new = PowerLevels::parse(room.version, event.content())?;
    if room.version.creators_are_privileged()
        && new.users().any(|(user, _)| room.create.is_creator(user))
    {
        return Err(Denied::PowerLevelsNameCreator);
    }
    if room.state.get("m.room.power_levels", "").is_none() {
        return Ok(());
    }
    let limited = new
        .changes_from(room.power_levels()?, room.version.notifications_are_limited())
        .all(|change| may_change(&change, event, level));
    allowed_if(limited, Denied::PowerLevelsPower)
}

/// Nobody gives more than they have, and nobody takes what is above them; from other users not even what is equal.
fn may_change(change: &Change<'_>, event: &Pdu, level: UserLevel) -> bool {
    let may_take = match (change.of_user, change.old) {
        (_, None) => true,
        (Some(user), Some(_)) if user == event.sender() => true,
        (Some(_), Some(old)) => level > UserLevel::Level(old),
        (None, Some(old)) => level.reaches(old),
    };
    may_take && change.new.is_none_or(|new| level.reaches(new))
}
