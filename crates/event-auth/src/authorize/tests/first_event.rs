//! `m.room.create`.
use super::*;

#[test]
fn a_room_begins_with_its_create_event() {
    for version in RoomVersion::ALL {
        let first = create(version, json!({}));
        assert_eq!(authorize(version, &first, &TestState::default()), Ok(()), "{version}");
        let second = Draft::new(
            "create",
            "@a:s1",
            "m.room.create",
            json!({"room_version": version.as_str(), "creator": "@a:s1"}),
        )
        .state("")
        .after(&[&first]);
        assert_eq!(
            check(version, &second, &TestState::default()),
            Err(Denied::CreateHasPrevEvents)
        );
    }
}

#[test]
fn the_room_id_belongs_to_the_creator() {
    for version in RoomVersion::ALL {
        let content = json!({"room_version": version.as_str(), "creator": "@c:s2"});
        let result = check(
            version,
            &Draft::new("create", "@c:s2", "m.room.create", content).state(""),
            &TestState::default(),
        );
        if version < RoomVersion::V12 {
            assert_eq!(result, Err(Denied::CreateRoomIdOfOtherServer));
        } else {
            assert_eq!(result, Ok(()), "the id is the event's own");
        }
    }
}

#[test]
fn from_version_12_on_there_is_no_room_id_in_it() {
    let event = create(NEW, json!({}));
    let json = event.json().replacen('{', r#"{"room_id":"!other","#, 1);
    let event = protocol::Pdu::from_stored(event.event_id().to_owned(), NEW, json).unwrap();
    assert_eq!(authorize(NEW, &event, &TestState::default()), Err(Denied::CreateRoomId));
}

#[test]
fn the_version_is_known_and_the_rooms() {
    for (named, allowed) in [
        (json!("11"), true),
        (json!("10"), false),
        (json!("99"), false),
        (json!(11), false),
        (json!(null), false),
    ] {
        let result =
            authorize(OLD, &create(OLD, json!({"room_version": named})), &TestState::default());
        assert_eq!(result.is_ok(), allowed, "{named}");
    }
    let v1 = Draft::new("create", "@a:s1", "m.room.create", json!({"creator": "@a:s1"})).state("");
    assert_eq!(check(RoomVersion::V1, &v1, &TestState::default()), Ok(()), "no version means 1");
    assert_eq!(check(RoomVersion::V2, &v1, &TestState::default()), Err(Denied::CreateRoomVersion));
}

#[test]
fn the_creator_is_named_until_version_10() {
    for version in RoomVersion::ALL {
        let content = json!({"room_version": version.as_str()});
        let result = check(
            version,
            &Draft::new("create", "@a:s1", "m.room.create", content).state(""),
            &TestState::default(),
        );
        assert_eq!(result.is_ok(), version >= RoomVersion::V11, "{version}");
    }
}

#[test]
fn additional_creators_are_user_ids_from_version_12_on() {
    for (creators, allowed) in [
        (json!([]), true),
        (json!(["@b:s2"]), true),
        (json!(["b"]), false),
        (json!([1]), false),
        (json!("@b:s2"), false),
        (json!({}), false),
        (json!(null), false),
    ] {
        let with = |version| {
            authorize(
                version,
                &create(version, json!({"additional_creators": creators})),
                &TestState::default(),
            )
        };
        assert_eq!(with(NEW).is_ok(), allowed, "{creators}");
        assert_eq!(with(OLD), Ok(()), "before, it means nothing");
    }
}
