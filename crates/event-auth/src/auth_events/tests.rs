use protocol::{Pdu, RoomVersion};
use serde_json::json;

use super::*;
use crate::testing::{Draft, TestState, member, room_id};

fn check(version: RoomVersion, auth_events: &[&Pdu]) -> Result<(), Denied> {
    let event = Draft::new("m", "@b:s1", "m.room.message", json!({})).make(version);
    check_auth_events(&event, auth_events.iter().copied(), |_| false)
}

fn good(version: RoomVersion, state: &TestState) -> Vec<&Pdu> {
    let event = Draft::new("m", "@b:s1", "m.room.message", json!({})).make(version);
    let types = auth_types_for(version, &event).unwrap();
    types.iter().map(|(kind, key)| crate::State::get(state, kind, key).unwrap()).collect()
}

fn room(version: RoomVersion) -> TestState {
    TestState::room(version, json!({}))
}

/// F4, in every room version.
#[test]
fn an_event_of_another_room_never_helps() {
    for version in RoomVersion::ALL {
        let state = room(version);
        let auth_events = good(version, &state);
        assert_eq!(check(version, &auth_events), Ok(()), "{version}");
        for index in 0..auth_events.len() {
            let ours = auth_events[index];
            let json = ours.json().replace(room_id(version), "!other:s1");
            let other = Pdu::from_stored(ours.event_id().to_owned(), version, json).unwrap();
            let mut mixed = auth_events.clone();
            mixed[index] = &other;
            assert_eq!(check(version, &mixed), Err(Denied::AuthEventOfOtherRoom), "{version}");
        }
    }
}

#[test]
fn only_what_is_needed_once_and_accepted() {
    for version in RoomVersion::ALL {
        let state = room(version);
        let auth_events = good(version, &state);
        let mut twice = auth_events.clone();
        twice.push(auth_events[0]);
        assert_eq!(check(version, &twice), Err(Denied::AuthEventTwice));
        let unneeded = member("@a:s1", "@a:s1", "join").make(version);
        let mut more = auth_events.clone();
        more.push(&unneeded);
        assert_eq!(check(version, &more), Err(Denied::AuthEventUnexpected));
        let message = Draft::new("x", "@b:s1", "m.room.message", json!({})).make(version);
        assert_eq!(check(version, &[&message]), Err(Denied::AuthEventNotState));
        let rejected =
            check_auth_events(&message, auth_events, |event| event.kind() == "m.room.power_levels");
        assert_eq!(rejected, Err(Denied::AuthEventRejected));
    }
}

#[test]
fn the_create_event_is_listed_until_version_11() {
    for version in RoomVersion::ALL {
        let state = room(version);
        let without: Vec<_> =
            good(version, &state).into_iter().filter(|e| e.kind() != "m.room.create").collect();
        let expected =
            if version < RoomVersion::V12 { Err(Denied::AuthEventsWithoutCreate) } else { Ok(()) };
        assert_eq!(check(version, &without), expected);
        let mut with = without.clone();
        let create = crate::testing::create(version, json!({}));
        with.push(&create);
        let expected =
            if version < RoomVersion::V12 { Ok(()) } else { Err(Denied::AuthEventUnexpected) };
        assert_eq!(check(version, &with), expected, "{version}");
    }
}
