//! Events that are not what they claim to be.
use proptest::prelude::*;

use super::*;

fn forged(change: impl Fn(&mut serde_json::Value)) -> Result<Verified<Pdu>, VerifyError> {
    let signer = signer("example.org");
    let pdu = message(RoomVersion::V11, &json!({"body": "hello"}));
    let mut json: serde_json::Value = serde_json::from_str(pdu.json()).unwrap();
    change(&mut json);
    verify(json.to_string().as_bytes(), RoomVersion::V11, &keys_of(&[&signer]))
}

#[test]
fn a_changed_content_is_redacted_not_believed() {
    let pdu = forged(|json| json["content"]["body"] = "other".into()).unwrap();
    assert_eq!(pdu.content(), "{}");
    assert!(!pdu.json().contains("other"));
    assert_eq!(pdu.event_id(), message(RoomVersion::V11, &json!({"body": "hello"})).event_id());
}

#[test]
fn a_change_of_what_survives_redaction_breaks_the_signature() {
    for (field, value) in [
        ("depth", json!(13)),
        ("sender", json!("@v:example.org")),
        ("type", json!("m.room.encrypted")),
        ("room_id", json!("!other:example.org")),
        ("state_key", json!("")),
        ("prev_events", json!([])),
        ("origin_server_ts", json!(1)),
        ("hashes", json!({"sha256": "YQ"})),
        ("event_id", json!("$x")),
    ] {
        let result = forged(|json| json[field] = value.clone());
        assert!(matches!(result, Err(VerifyError::Signature(_))), "{field}: {result:?}");
    }
}

#[test]
fn a_sender_of_another_server_needs_that_servers_signature() {
    let result = forged(|json| json["sender"] = "@u:other.org".into());
    assert!(matches!(result, Err(VerifyError::Unsigned(server)) if server == "other.org"));
    let unsigned = forged(|json| json["signatures"] = json!({}));
    assert!(matches!(unsigned, Err(VerifyError::Unsigned(_))));
    let moved = forged(|json| {
        let signature = json["signatures"]["example.org"].clone();
        json["signatures"] = json!({"other.org": signature});
    });
    assert!(matches!(moved, Err(VerifyError::Unsigned(_))));
}

#[test]
fn what_is_not_covered_may_change() {
    assert!(forged(|json| json["unsigned"] = json!({"age": 9})).is_ok());
    assert!(forged(|json| json["signatures"]["third.org"] = json!({"ed25519:1": "AAAA"})).is_ok());
}

#[test]
fn an_expired_key_counts_until_version_4() {
    let signer = signer("example.org");
    for version in [RoomVersion::V4, RoomVersion::V5] {
        let pdu = message(version, &json!({}));
        let mut keys = keys_of(&[&signer]);
        keys.1 = pdu.origin_server_ts() - 1;
        let result = verify(pdu.json().as_bytes(), version, &keys);
        assert_eq!(result.is_ok(), version == RoomVersion::V4);
        keys.1 = pdu.origin_server_ts();
        assert!(verify(pdu.json().as_bytes(), version, &keys).is_ok());
    }
}

#[test]
fn a_vouched_join_needs_the_vouchers_server() {
    let (ours, theirs) = (signer("example.org"), signer("other.org"));
    for (version, needed) in
        [(RoomVersion::V7, false), (RoomVersion::V8, true), (RoomVersion::V12, true)]
    {
        let content =
            json!({"membership": "join", "join_authorised_via_users_server": "@m:other.org"});
        let intent = EventIntent::state(
            &name("example.org"),
            version,
            room(),
            user("@u:example.org"),
            "m.room.member",
            "@u:example.org",
            object(&content),
        );
        let pdu = ours.build(&intent.unwrap(), &placement()).unwrap();
        let alone = verify(pdu.json().as_bytes(), version, &keys_of(&[&ours, &theirs]));
        assert_eq!(alone.is_err(), needed, "{version}");
    }
}

#[test]
fn which_keys_are_needed_is_told_before() {
    let pdu = message(RoomVersion::V11, &json!({}));
    let parsed = UnverifiedPdu::parse(pdu.json().as_bytes(), RoomVersion::V11).unwrap();
    assert_eq!(parsed.event_id(), pdu.event_id());
    let needed: Vec<_> =
        parsed.keys_needed().map(|(s, keys)| (s.to_string(), keys.join(","))).collect();
    assert_eq!(needed, [("example.org".to_owned(), "ed25519:1".to_owned())]);
}

#[test]
fn malformed_events_are_refused_one_by_one() {
    for change in [
        json!({"hashes": null}),
        json!({"hashes": {"sha256": 1}}),
        json!({"signatures": []}),
        json!({"depth": -1}),
        json!({"depth": "1"}),
        json!({"sender": "u"}),
        json!({"room_id": "r"}),
        json!({"content": []}),
        json!({"prev_events": {}}),
        json!({"auth_events": [1]}),
        json!({"type": 1}),
        json!({"state_key": 1}),
        json!({"type": "x".repeat(256)}),
        json!({"content": {"x": "y".repeat(70_000)}}),
    ] {
        let result = forged(|json| {
            for (key, value) in change.as_object().unwrap() {
                json[key] = value.clone();
            }
        });
        assert!(matches!(result, Err(VerifyError::Form(_) | VerifyError::Limit(_))), "{change}");
    }
    let keys = keys_of(&[]);
    assert!(matches!(verify(b"{", RoomVersion::V11, &keys), Err(VerifyError::Json(_))));
    let float = br#"{"depth":1.5}"#;
    assert!(matches!(verify(float, RoomVersion::V11, &keys), Err(VerifyError::Json(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(crate::test_cases(500)))]

    /// One changed byte: never a panic, and never an event with the same id and other content.
    #[test]
    fn a_flipped_byte_never_passes_unnoticed(place in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let pdu = message(RoomVersion::V12, &json!({"body": "hello", "list": [1, {"a": null}]}));
        let mut bytes = pdu.json().as_bytes().to_vec();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        if let Ok(read) = verify(&bytes, RoomVersion::V12, &keys_of(&[&signer("example.org")])) {
            prop_assert_eq!(read.event_id(), pdu.event_id());
            let unchanged = read.content() == pdu.content();
            let redacted = read.content().len() == 2;
            prop_assert!(unchanged || redacted);
        }
    }
}
