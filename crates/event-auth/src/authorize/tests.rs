use protocol::RoomVersion;
use serde_json::{Value, json};

use super::authorize;
use crate::{
    Denied, Malformed,
    testing::{Draft, TestState, create, member},
};

mod differential;
mod first_event;
mod membership;
mod third_party;

const NEW: RoomVersion = RoomVersion::V12;
const OLD: RoomVersion = RoomVersion::V11;

/// A room of `version` where `@b:s1` has 50.
fn room(version: RoomVersion) -> TestState {
    let mut users = json!({"@b:s1": 50});
    if !version.creators_are_privileged() {
        users["@a:s1"] = 100.into();
    }
    TestState::room(version, json!({"users": users}))
}

fn check(version: RoomVersion, draft: &Draft, state: &TestState) -> Result<(), Denied> {
    authorize(version, &draft.make(version), state)
}

fn message(sender: &'static str) -> Draft {
    Draft::new("m", sender, "m.room.message", json!({"body": "x"}))
}

fn topic(sender: &'static str) -> Draft {
    Draft::new("t", sender, "m.room.topic", json!({"topic": "x"})).state("")
}

#[test]
fn only_members_send() {
    for version in RoomVersion::ALL {
        let state = room(version);
        assert_eq!(check(version, &message("@b:s1"), &state), Ok(()));
        assert_eq!(check(version, &message("@c:s2"), &state), Err(Denied::SenderNotJoined));
    }
}

#[test]
fn a_room_without_a_beginning_allows_nothing() {
    let mut state = room(NEW);
    state.0.remove(&("m.room.create".to_owned(), String::new()));
    assert_eq!(check(NEW, &message("@b:s1"), &state), Err(Denied::NoCreateEvent));
}

/// F4: also where the create event in the state is another room's.
#[test]
fn the_create_event_must_be_of_this_room() {
    for version in RoomVersion::ALL {
        let event = message("@b:s1").make(version);
        let other = event.json().replace(crate::testing::room_id(version), "!other:s1");
        let event =
            protocol::Pdu::from_stored(event.event_id().to_owned(), version, other).unwrap();
        assert_eq!(authorize(version, &event, &room(version)), Err(Denied::CreateOfOtherRoom));
    }
}

#[test]
fn rooms_can_be_closed_to_other_servers() {
    let mut state = room(OLD);
    state.set(member("@c:s2", "@c:s2", "join").make(OLD));
    assert_eq!(check(OLD, &message("@c:s2"), &state), Ok(()));
    state.set(create(OLD, json!({"m.federate": false})));
    assert_eq!(check(OLD, &message("@c:s2"), &state), Err(Denied::NotFederated));
    assert_eq!(check(OLD, &message("@b:s1"), &state), Ok(()));
}

#[test]
fn state_needs_power() {
    let mut state = room(OLD);
    state.set(member("@c:s2", "@c:s2", "join").make(OLD));
    assert_eq!(check(OLD, &topic("@b:s1"), &state), Ok(()), "50 is the default for state");
    assert_eq!(check(OLD, &topic("@c:s2"), &state), Err(Denied::EventPower));
    let own = Draft::new("s", "@b:s1", "x", json!({}));
    assert_eq!(check(OLD, &own.clone().state("@b:s1"), &state), Ok(()));
    assert_eq!(check(OLD, &own.clone().state("@a:s1"), &state), Err(Denied::StateKeyOfOther));
    assert_eq!(check(OLD, &own.state("@"), &state), Err(Denied::StateKeyOfOther));
}

#[test]
fn without_power_levels_the_creator_has_100() {
    for version in RoomVersion::ALL {
        let state = TestState::room(version, Value::Null);
        assert_eq!(check(version, &topic("@a:s1"), &state), Ok(()));
        assert_eq!(check(version, &topic("@b:s1"), &state), Err(Denied::EventPower));
    }
}

#[test]
fn creators_stand_above_all_from_version_12_on() {
    let levels = json!({"events": {"m.room.topic": 1_000_000}});
    assert_eq!(check(NEW, &topic("@a:s1"), &TestState::room(NEW, levels.clone())), Ok(()));
    assert_eq!(
        check(OLD, &topic("@a:s1"), &TestState::room(OLD, levels.clone())),
        Err(Denied::EventPower)
    );
    let mut state = TestState::room(NEW, levels);
    state.set(create(NEW, json!({"additional_creators": ["@b:s1"]})));
    assert_eq!(check(NEW, &topic("@b:s1"), &state), Ok(()));
    let kick = member("@a:s1", "@b:s1", "leave");
    assert_eq!(check(NEW, &kick, &state), Err(Denied::KickPower), "creators are equals");
}

fn change(
    version: RoomVersion,
    sender: &'static str,
    old: Value,
    new: Value,
) -> Result<(), Denied> {
    let state = TestState::room(version, old);
    check(version, &Draft::new("new", sender, "m.room.power_levels", new).state(""), &state)
}

/// One below, at and above the sender's own level (50), for each kind of entry.
#[test]
fn nobody_gives_or_takes_more_than_they_have() {
    let users = json!({"@a:s1": 100, "@b:s1": 50});
    let levels = |part: Value| {
        let mut levels = json!({"users": users, "events": {"m.room.power_levels": 50}});
        for (key, value) in part.as_object().unwrap() {
            levels[key] = value.clone();
        }
        levels
    };
    let base = || levels(json!({}));
    for field in
        ["ban", "kick", "redact", "invite", "state_default", "events_default", "users_default"]
    {
        for (level, allowed) in [(49, true), (50, true), (51, false)] {
            let set = levels(json!({field: level}));
            let expected = if allowed { Ok(()) } else { Err(Denied::PowerLevelsPower) };
            assert_eq!(change(OLD, "@b:s1", base(), set.clone()), expected, "set {field} {level}");
            assert_eq!(
                change(OLD, "@b:s1", set.clone(), base()),
                expected,
                "unset {field} {level}"
            );
            assert_eq!(change(OLD, "@b:s1", set.clone(), set), Ok(()), "keep {field} {level}");
        }
    }
    for map in ["events", "notifications"] {
        for (level, allowed) in [(49, true), (50, true), (51, false)] {
            let mut set = levels(json!({}));
            set[map]["x"] = level.into();
            let expected = if allowed { Ok(()) } else { Err(Denied::PowerLevelsPower) };
            assert_eq!(change(OLD, "@b:s1", base(), set.clone()), expected, "add {map} {level}");
            assert_eq!(change(OLD, "@b:s1", set, base()), expected, "remove {map} {level}");
        }
    }
    for (level, give, take) in [(49, true, true), (50, true, false), (51, false, false)] {
        let mut set = base();
        set["users"]["@x:s1"] = level.into();
        assert_eq!(change(OLD, "@b:s1", base(), set.clone()).is_ok(), give, "give {level}");
        assert_eq!(change(OLD, "@b:s1", set, base()).is_ok(), take, "take {level}");
    }
    let mut demoted = base();
    demoted["users"]["@b:s1"] = 0.into();
    assert_eq!(change(OLD, "@b:s1", base(), demoted), Ok(()), "anybody can step down");
}

#[test]
fn notifications_count_from_version_6_on() {
    let users = json!({"@a:s1": 100, "@b:s1": 50});
    let old = json!({"users": users});
    let new = json!({"users": users, "notifications": {"room": 99}});
    assert_eq!(change(RoomVersion::V5, "@b:s1", old.clone(), new.clone()), Ok(()));
    assert_eq!(change(RoomVersion::V6, "@b:s1", old, new), Err(Denied::PowerLevelsPower));
}

#[test]
fn levels_are_integers_and_in_old_rooms_also_strings_of_them() {
    for (level, old, new) in [
        (json!(5), true, true),
        (json!("5"), true, false),
        (json!(" -5 "), true, false),
        (json!("+5"), true, false),
        (json!("x"), false, false),
        (json!(""), false, false),
        (json!(null), false, false),
        (json!([]), false, false),
        (json!("9007199254740992"), false, false),
        (json!(true), false, false),
    ] {
        for content in [
            json!({"ban": level}),
            json!({"events": {"x": level}}),
            json!({"notifications": {"room": level}}),
            json!({"users": {"@x:s1": level}}),
        ] {
            assert_eq!(
                change(RoomVersion::V9, "@a:s1", Value::Null, content.clone()).is_ok(),
                old,
                "v9 {content}"
            );
            assert_eq!(
                change(RoomVersion::V10, "@a:s1", Value::Null, content.clone()).is_ok(),
                new,
                "v10 {content}"
            );
        }
    }
    for content in [json!({"users": {"x": 1}}), json!({"users": []}), json!({"events": 1})] {
        for version in RoomVersion::ALL {
            let denied = change(version, "@a:s1", Value::Null, content.clone());
            assert!(matches!(
                denied,
                Err(Denied::Malformed(Malformed { kind: "m.room.power_levels", .. }))
            ));
        }
    }
}

/// Such levels cannot get into a room here, but other servers may have let them in long ago.
#[test]
fn malformed_levels_do_not_lock_anybody_in() {
    let state = TestState::room(RoomVersion::V9, json!({"ban": "x"}));
    assert!(check(RoomVersion::V9, &message("@b:s1"), &state).is_err());
    assert_eq!(check(RoomVersion::V9, &member("@b:s1", "@b:s1", "leave"), &state), Ok(()));
}

#[test]
fn power_levels_never_name_creators_from_version_12_on() {
    let named = json!({"users": {"@a:s1": 100}});
    assert_eq!(change(OLD, "@a:s1", Value::Null, named.clone()), Ok(()));
    assert_eq!(change(NEW, "@a:s1", Value::Null, named), Err(Denied::PowerLevelsNameCreator));
}

#[test]
fn aliases_and_redactions_had_rules_of_their_own() {
    for version in RoomVersion::ALL {
        let aliases = |key: &str| Draft::new("al", "@c:s2", "m.room.aliases", json!({})).state(key);
        let own = check(version, &aliases("s2"), &room(version));
        assert_eq!(own.is_ok(), version <= RoomVersion::V5, "{version}");
        assert!(check(version, &aliases("s1"), &room(version)).is_err());
        let redaction = |target: &str| {
            let mut draft =
                Draft::new("red", "@d:s1", "m.room.redaction", json!({"redacts": target}));
            draft.redacts = Some(target.to_owned());
            draft
        };
        let mut state = room(version);
        state.set(member("@d:s1", "@d:s1", "join").make(version));
        assert_eq!(check(version, &redaction("$x:s1"), &state), Ok(()), "{version}");
        let foreign = check(version, &redaction("$x:s2"), &state);
        assert_eq!(foreign.is_err(), version <= RoomVersion::V2, "{version}");
    }
}
