//! Which state an event is judged by ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/server-server-api/#auth-events-selection
use std::borrow::Cow;

use protocol::{Pdu, RoomVersion, canonical, ids::UserId, signing::EventIntent};

use crate::{Denied, Membership, content::MemberContent};

/// A type and state key of state.
pub type AuthType = (&'static str, String);

/// What can be judged: an event, or the intent to send one.
pub trait AuthSubject {
    /// The event's type.
    fn kind(&self) -> &str;
    /// The sender.
    fn sender(&self) -> &UserId;
    /// The state key of a state event.
    fn state_key(&self) -> Option<&str>;
    /// The content as JSON.
    fn content(&self) -> Cow<'_, str>;
}

impl AuthSubject for Pdu {
    fn kind(&self) -> &str {
        Pdu::kind(self)
    }

    fn sender(&self) -> &UserId {
        Pdu::sender(self)
    }

    fn state_key(&self) -> Option<&str> {
        Pdu::state_key(self)
    }

    fn content(&self) -> Cow<'_, str> {
        Cow::Borrowed(Pdu::content(self))
    }
}

impl AuthSubject for EventIntent {
    fn kind(&self) -> &str {
        EventIntent::kind(self)
    }

    fn sender(&self) -> &UserId {
        EventIntent::sender(self)
    }

    fn state_key(&self) -> Option<&str> {
        EventIntent::state_key(self)
    }

    fn content(&self) -> Cow<'_, str> {
        Cow::Owned(canonical::to_string(EventIntent::content(self)))
    }
}

/// The state that decides whether `event` is allowed, each key once. From it the event's `auth_events` are taken, as far
/// as the room has such state. In room version 12 and later `m.room.create` decides too but is not listed: the room id
/// names it.
///
/// # Errors
/// Fails on a member event whose content does not have the form that the rules need.
pub fn auth_types_for(
    version: RoomVersion,
    event: &impl AuthSubject,
) -> Result<Vec<AuthType>, Denied> {
    if event.kind() == "m.room.create" {
        return Ok(Vec::new());
    }
    let mut types = Vec::with_capacity(6);
    if !version.create_event_is_room_id() {
        types.push(("m.room.create", String::new()));
    }
    types.push(("m.room.power_levels", String::new()));
    types.push(("m.room.member", event.sender().to_string()));
    if event.kind() == "m.room.member" {
        add_member_types(version, event, &mut types)?;
    }
    Ok(types)
}

fn add_member_types(
    version: RoomVersion,
    event: &impl AuthSubject,
    types: &mut Vec<AuthType>,
) -> Result<(), Denied> {
    use Membership::{Invite, Join, Knock};
    let mut add = |kind, state_key: &str| {
        if !types.iter().any(|(other, key)| *other == kind && key == state_key) {
            types.push((kind, state_key.to_owned()));
        }
    };
    add("m.room.member", event.state_key().ok_or(Denied::MemberStateKey)?);
    let content = event.content();
    let content = MemberContent::parse(&content)?;
    let membership = content.membership().ok_or(Denied::UnknownMembership)?;
    if matches!(membership, Join | Invite | Knock) {
        add("m.room.join_rules", "");
    }
    if membership == Invite
        && let Some(signed) = content.third_party_signed()?
    {
        add("m.room.third_party_invite", &signed.token);
    }
    // Only for joins: https://github.com/matrix-org/matrix-spec/pull/2100
    if membership == Join
        && version.restricted()
        && let Some(voucher) = content.voucher()?
    {
        add("m.room.member", voucher.as_str());
    }
    Ok(())
}
