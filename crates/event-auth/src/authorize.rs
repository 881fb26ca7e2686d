//! The authorization rules ([spec]), for all room versions. Where versions differ, [`RoomVersion`] is asked.
//!
//! [spec]: https://spec.matrix.org/v1.16/rooms/v12/#authorization-rules
use std::{borrow::Cow, cell::OnceCell};

use protocol::{Pdu, RoomVersion, ids::UserId};

use crate::{
    CreateContent, Denied, Malformed, Membership, PowerLevels, State, UserLevel, membership_of,
};

mod create;
mod join;
mod member;
mod power_levels;
mod third_party;

/// Whether `event` is allowed after `state`.
///
/// # Errors
/// The rule that forbids it.
pub fn authorize(version: RoomVersion, event: &Pdu, state: &impl State) -> Result<(), Denied> {
    if event.kind() == "m.room.create" {
        return create::check(version, event);
    }
    let room = Room::of(version, event, state)?;
    if !room.create.federates
        && event.sender().server_name() != room.create_event.sender().server_name()
    {
        return Err(Denied::NotFederated);
    }
    match event.kind() {
        "m.room.aliases" if version.aliases_have_auth_rules() => return aliases(event),
        "m.room.member" => return member::check(event, &room),
        _ => {}
    }
    if room.membership(event.sender()) != Some(Membership::Join) {
        return Err(Denied::SenderNotJoined);
    }
    let level = room.level(event.sender())?;
    if event.kind() == "m.room.third_party_invite" {
        return allowed_if(level.reaches(room.power_levels()?.invite()), Denied::InvitePower);
    }
    let needed = room.power_levels()?.event(event.kind(), event.state_key().is_some());
    if !level.reaches(needed) {
        return Err(Denied::EventPower);
    }
    let state_key = event.state_key().unwrap_or_default();
    if state_key.starts_with('@') && state_key != event.sender() {
        return Err(Denied::StateKeyOfOther);
    }
    match event.kind() {
        "m.room.power_levels" => power_levels::check(event, level, &room),
        "m.room.redaction" if version.redactions_have_auth_rules() => {
            redaction(event, level, &room)
        }
        _ => Ok(()),
    }
}

fn allowed_if(condition: bool, otherwise: Denied) -> Result<(), Denied> {
    if condition { Ok(()) } else { Err(otherwise) }
}

/// Room versions 1 to 5.
fn aliases(event: &Pdu) -> Result<(), Denied> {
    let is_own = event.state_key() == Some(event.sender().server_name().as_str());
    allowed_if(is_own, Denied::AliasesOfOtherServer)
}

/// Room versions 1 and 2: with the power to redact anything, or what the same server has sent.
fn redaction<S: State>(event: &Pdu, level: UserLevel, room: &Room<'_, S>) -> Result<(), Denied> {
    let server = |id: &protocol::ids::EventId| id.server_name().map(ToOwned::to_owned);
    let same_server = server(event.event_id()) == event.redacts().and_then(server);
    allowed_if(level.reaches(room.power_levels()?.redact()) || same_server, Denied::RedactPower)
}

/// What most rules ask: the create event, and the power levels, read when the first rule asks for them.
struct Room<'a, S> {
    version: RoomVersion,
    state: &'a S,
    create_event: &'a Pdu,
    create: CreateContent,
    power_levels: OnceCell<Result<Cow<'a, PowerLevels>, Malformed>>,
}

impl<'a, S: State> Room<'a, S> {
    fn of(version: RoomVersion, event: &Pdu, state: &'a S) -> Result<Self, Denied> {
        let create_event = state.get("m.room.create", "").ok_or(Denied::NoCreateEvent)?;
        if create_event.room_id() != event.room_id() {
            return Err(Denied::CreateOfOtherRoom);
        }
        let create = CreateContent::parse(create_event)?;
        Ok(Self { version, state, create_event, create, power_levels: OnceCell::new() })
    }

    fn membership(&self, user: &UserId) -> Option<Membership> {
        membership_of(self.state.get("m.room.member", user.as_str()))
    }

    /// The levels that count: the event's, or the defaults of a room without one. Malformed levels give nobody power,
    /// but whoever needs none can still act: leave, or join a public room.
    fn power_levels(&self) -> Result<&PowerLevels, Denied> {
        let levels = self.power_levels.get_or_init(|| {
            match (self.state.power_levels(), self.state.get("m.room.power_levels", "")) {
                (Some(parsed), _) => Ok(Cow::Borrowed(parsed)),
                (None, Some(event)) => {
                    PowerLevels::parse(self.version, event.content()).map(Cow::Owned)
                }
                (None, None) => {
                    Ok(Cow::Owned(PowerLevels::without_event(self.version, &self.create)))
                }
            }
        });
        levels.as_ref().map(|levels| &**levels).map_err(|malformed| (*malformed).into())
    }

    fn level(&self, user: &UserId) -> Result<UserLevel, Denied> {
        Ok(self.power_levels()?.user(self.version, &self.create, user))
    }
}

#[cfg(test)]
mod tests;
