//! Limits of what is built (F10), and who may be signed for (F1).
use super::*;

fn try_message(
    sender: &str,
    kind: &str,
    content: &serde_json::Value,
) -> Result<EventIntent, IntentError> {
    let version = RoomVersion::V12;
    EventIntent::message(&name("example.org"), version, room(), user(sender), kind, object(content))
}

#[test]
fn nobody_is_signed_for_but_our_own_users() {
    assert_eq!(
        try_message("@u:other.org", "x", &json!({})).unwrap_err(),
        IntentError::ForeignSender
    );
    assert_eq!(
        try_message("@u:example.org:80", "x", &json!({})).unwrap_err(),
        IntentError::ForeignSender
    );
    // An intent of one server does not help with the key of another.
    let intent = try_message("@u:example.org", "x", &json!({})).unwrap();
    let refused = signer("other.org").build(&intent, &placement());
    assert!(matches!(refused, Err(BuildError::ForeignSender)));
}

#[test]
fn fields_at_the_boundary() {
    assert!(try_message("@u:example.org", &"k".repeat(255), &json!({})).is_ok());
    let too_long = IntentError::Limit(LimitError::FieldTooLong { field: "type" });
    assert_eq!(try_message("@u:example.org", &"k".repeat(256), &json!({})).unwrap_err(), too_long);
    let nul = IntentError::Limit(LimitError::Nul { field: "type" });
    assert_eq!(try_message("@u:example.org", "k\0", &json!({})).unwrap_err(), nul);
    let state = |key: &str| {
        let version = RoomVersion::V12;
        EventIntent::state(
            &name("example.org"),
            version,
            room(),
            user("@u:example.org"),
            "x",
            key,
            Object::new(),
        )
    };
    assert!(state(&"é".repeat(127)).is_ok());
    assert!(state(&"é".repeat(128)).is_err());
    assert!(state("\0").is_err());
}

#[test]
fn a_whole_event_at_the_boundary() {
    let build = |length: usize| {
        let intent =
            try_message("@u:example.org", "m", &json!({"body": "x".repeat(length)})).unwrap();
        signer("example.org").build(&intent, &placement())
    };
    let overhead = build(0).unwrap().json().len();
    assert_eq!(build(65_536 - overhead).unwrap().json().len(), 65_536);
    let refused = build(65_537 - overhead).unwrap_err();
    assert!(matches!(refused, BuildError::Limit(LimitError::EventTooLarge { bytes: 65_537 })));
    assert!(matches!(build(200_000), Err(BuildError::Limit(_))));
}

#[test]
fn placements_at_the_boundary() {
    let intent = try_message("@u:example.org", "m", &json!({})).unwrap();
    let build = |change: &dyn Fn(&mut Placement)| {
        let mut placement = placement();
        change(&mut placement);
        signer("example.org").build(&intent, &placement).map(|_| ())
    };
    let ids = |count| vec!["$e".try_into().unwrap(); count];
    assert!(build(&|p| p.prev_events = ids(20)).is_ok());
    assert!(build(&|p| p.prev_events = ids(21)).is_err());
    assert!(build(&|p| p.auth_events = ids(10)).is_ok());
    assert!(build(&|p| p.auth_events = ids(11)).is_err());
    assert!(build(&|p| p.depth = canonical::INTEGER_MAX).is_ok());
    assert!(matches!(
        build(&|p| p.depth = canonical::INTEGER_MAX + 1),
        Err(BuildError::Range("depth"))
    ));
    assert!(build(&|p| p.origin_server_ts = -1).is_err());
}

#[test]
fn versions_1_and_2_are_not_written() {
    for version in [RoomVersion::V1, RoomVersion::V2] {
        let intent = intents(version).remove(0);
        assert!(matches!(
            signer("example.org").build(&intent, &placement()),
            Err(BuildError::RoomVersion)
        ));
    }
}

#[test]
fn only_the_create_event_of_version_12_has_no_room() {
    let create = |version, room| {
        EventIntent::create(
            &name("example.org"),
            version,
            room,
            user("@u:example.org"),
            Object::new(),
        )
        .map(|_| ())
    };
    assert_eq!(create(RoomVersion::V12, None), Ok(()));
    assert_eq!(create(RoomVersion::V12, Some(room())), Err(IntentError::RoomId));
    assert_eq!(create(RoomVersion::V11, None), Err(IntentError::RoomId));
    assert_eq!(create(RoomVersion::V11, Some(room())), Ok(()));
}
