//! The events that an event of another server claims to be allowed by (rule 3 of the authorization rules).
use std::collections::BTreeSet;

use protocol::Pdu;

use crate::{Denied, auth_types_for};

/// Checks that `auth_events`, all of what `event` lists, are of its room, accepted, and exactly of the kinds that decide
/// over it. `is_rejected` tells whether this server has rejected an event.
///
/// # Errors
/// The rule that is broken. In particular, an event of another room never helps, in any room version.
pub fn check_auth_events<'a>(
    event: &Pdu,
    auth_events: impl IntoIterator<Item = &'a Pdu>,
    is_rejected: impl Fn(&Pdu) -> bool,
) -> Result<(), Denied> {
    let version = event.room_version();
    let expected = auth_types_for(version, event)?;
    let mut seen = BTreeSet::new();
    for auth_event in auth_events {
        if auth_event.room_id() != event.room_id() {
            return Err(Denied::AuthEventOfOtherRoom);
        }
        let kind = auth_event.kind();
        let state_key = auth_event.state_key().ok_or(Denied::AuthEventNotState)?;
        if !seen.insert((kind, state_key)) {
            return Err(Denied::AuthEventTwice);
        }
        if !expected.iter().any(|(other, key)| *other == kind && key == state_key) {
            return Err(Denied::AuthEventUnexpected);
        }
        if is_rejected(auth_event) {
            return Err(Denied::AuthEventRejected);
        }
    }
    let needs_create = event.kind() != "m.room.create" && !version.create_event_is_room_id();
    if needs_create && !seen.contains(&("m.room.create", "")) {
        return Err(Denied::AuthEventsWithoutCreate);
    }
    Ok(())
}

#[cfg(test)]
mod tests;
