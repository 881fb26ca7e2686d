use serde_json::json;

use super::*;

const ID: &str = "$acR1l0raoZnm60CBwAVgqbZqoO_mYU81xysh1u7XcJk";

fn pdu(version: RoomVersion, json: &serde_json::Value) -> Result<Pdu, PduError> {
    Pdu::from_stored(ID.try_into().unwrap(), version, json.to_string())
}

fn message() -> serde_json::Value {
    json!({
        "auth_events": ["$a", "$b"], "content": {"body": "hi \"there\"", "n": 1}, "depth": 7,
        "hashes": {"sha256": "x"}, "origin_server_ts": 1_700_000_000_123_i64, "prev_events": ["$c"],
        "room_id": "!r:example.org", "sender": "@u:example.org", "signatures": {},
        "type": "m.room.message", "unsigned": {"age": 1},
    })
}

fn client(pdu: &Pdu, with_room_id: bool) -> serde_json::Value {
    let mut out = String::new();
    let unsigned = RawValue::from_string(r#"{"age":5}"#.to_owned()).unwrap();
    pdu.write_client_format(&mut out, Some(&unsigned), with_room_id);
    serde_json::from_str(&out).unwrap()
}

#[test]
fn fields_are_read() {
    let pdu = pdu(RoomVersion::V11, &message()).unwrap();
    assert_eq!(pdu.event_id(), ID);
    assert_eq!(pdu.room_id(), "!r:example.org");
    assert_eq!(pdu.sender(), "@u:example.org");
    assert_eq!(pdu.kind(), "m.room.message");
    assert_eq!(pdu.state_key(), None);
    assert_eq!(pdu.origin_server_ts(), 1_700_000_000_123);
    assert_eq!(pdu.depth(), 7);
    assert_eq!(pdu.prev_events().map(EventId::as_str).collect::<Vec<_>>(), ["$c"]);
    assert_eq!(pdu.auth_events().map(EventId::as_str).collect::<Vec<_>>(), ["$a", "$b"]);
    assert_eq!(pdu.content(), r#"{"body":"hi \"there\"","n":1}"#);
    assert_eq!(pdu.redacts(), None);
}

#[test]
fn text_with_escapes_is_unescaped() {
    let mut event = message();
    event["type"] = "org.\"ex\\ample\n".into();
    event["state_key"] = "\u{1}é".into();
    let pdu = pdu(RoomVersion::V11, &event).unwrap();
    assert_eq!(pdu.kind(), "org.\"ex\\ample\n");
    assert_eq!(pdu.state_key(), Some("\u{1}é"));
    assert!(pdu.is_state("org.\"ex\\ample\n", "\u{1}é"));
    let client = client(&pdu, false);
    assert_eq!(client["type"], "org.\"ex\\ample\n");
    assert_eq!(client["state_key"], "\u{1}é");
}

#[test]
fn a_copy_keeps_its_places() {
    let pdu = pdu(RoomVersion::V11, &message()).unwrap();
    let copy = pdu.clone();
    drop(pdu);
    assert_eq!(copy.kind(), "m.room.message");
    assert_eq!(copy.auth_events().count(), 2);
}

#[test]
fn the_client_format() {
    let mut event = message();
    event["state_key"] = "".into();
    let pdu = pdu(RoomVersion::V11, &event).unwrap();
    assert_eq!(
        client(&pdu, true),
        json!({
            "content": {"body": "hi \"there\"", "n": 1}, "event_id": ID,
            "origin_server_ts": 1_700_000_000_123_i64, "room_id": "!r:example.org",
            "sender": "@u:example.org", "state_key": "", "type": "m.room.message",
            "unsigned": {"age": 5},
        })
    );
    assert!(client(&pdu, false).get("room_id").is_none());
    let mut stripped = String::new();
    pdu.write_stripped_format(&mut stripped);
    let stripped: serde_json::Value = serde_json::from_str(&stripped).unwrap();
    assert_eq!(
        stripped,
        json!({"content": {"body": "hi \"there\"", "n": 1}, "sender": "@u:example.org",
               "state_key": "", "type": "m.room.message"})
    );
}

#[test]
fn a_redaction_names_its_target_in_both_places_for_clients() {
    let mut event = message();
    event["type"] = "m.room.redaction".into();
    event["redacts"] = "$old".into();
    event["content"] = json!({"reason": "spam", "redacts": "$new"});
    for (version, target) in [(RoomVersion::V10, "$old"), (RoomVersion::V11, "$new")] {
        let pdu = pdu(version, &event).unwrap();
        assert_eq!(pdu.redacts().unwrap(), target);
        let client = client(&pdu, false);
        assert_eq!(client["redacts"], target);
        assert_eq!(client["content"], json!({"reason": "spam", "redacts": target}));
    }
}

#[test]
fn only_a_redaction_has_a_target() {
    let mut event = message();
    event["redacts"] = "$x".into();
    assert!(pdu(RoomVersion::V10, &event).unwrap().redacts().is_none());
    event["type"] = "m.room.redaction".into();
    for wrong in [json!(5), json!(null), json!("x"), json!({})] {
        event["redacts"] = wrong;
        assert!(pdu(RoomVersion::V10, &event).unwrap().redacts().is_none());
    }
}

#[test]
fn old_versions_have_pairs_as_references() {
    let mut event = message();
    event["prev_events"] = json!([["$p:example.org", {"sha256": "$x", "$y": ""}]]);
    event["auth_events"] = json!([["$a:example.org", {}], ["$b:example.org", {}]]);
    let old = pdu(RoomVersion::V2, &event).unwrap();
    assert_eq!(old.prev_events().map(EventId::as_str).collect::<Vec<_>>(), ["$p:example.org"]);
    assert_eq!(old.auth_events().count(), 2);
    assert!(pdu(RoomVersion::V3, &event).is_err());
    assert!(pdu(RoomVersion::V2, &message()).is_err());
}

#[test]
fn references_with_escapes_are_read() {
    let json = message().to_string().replace("\"$c\"", "\"\\u0024c\"");
    let pdu = Pdu::from_stored(ID.try_into().unwrap(), RoomVersion::V11, json).unwrap();
    assert_eq!(pdu.prev_events().map(EventId::as_str).collect::<Vec<_>>(), ["$c"]);
}

#[test]
fn the_create_event_of_version_12_is_its_room() {
    let mut event = message();
    event["type"] = "m.room.create".into();
    event["state_key"] = "".into();
    event.as_object_mut().unwrap().remove("room_id");
    let create = pdu(RoomVersion::V12, &event).unwrap();
    assert_eq!(create.room_id().as_str(), ID.replace('$', "!"));
    assert!(pdu(RoomVersion::V11, &event).is_err());
    event["state_key"] = "x".into();
    assert!(pdu(RoomVersion::V12, &event).is_err());
}

#[test]
fn what_is_not_an_event_is_refused() {
    for field in [
        "auth_events",
        "content",
        "depth",
        "origin_server_ts",
        "prev_events",
        "room_id",
        "sender",
        "type",
    ] {
        let mut event = message();
        event.as_object_mut().unwrap().remove(field);
        assert!(pdu(RoomVersion::V11, &event).is_err(), "without {field}");
        for wrong in [json!(null), json!(true), json!([1]), json!(-1.5), json!("x\0")] {
            if field == "type" && wrong.is_string() {
                continue;
            }
            event[field] = wrong.clone();
            assert!(pdu(RoomVersion::V11, &event).is_err(), "{field} = {wrong}");
        }
    }
    let mut event = message();
    event["state_key"] = json!(null);
    assert!(pdu(RoomVersion::V11, &event).is_err(), "null is not a state key");
}
