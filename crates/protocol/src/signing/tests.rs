//! Signing and verifying, with ruma as the other implementation.
use std::collections::BTreeMap;

use ruma::{room_version_rules::RoomVersionRules, signatures as theirs};
use serde_json::json;

use super::*;
use crate::{
    Pdu, RoomVersion,
    canonical::{self, Object, Value},
    ids::{OwnedRoomId, OwnedServerName, OwnedUserId, ServerName},
    limits::LimitError,
};

mod boundaries;
mod forged;
mod objects;

const RULES: [RoomVersionRules; 12] = [
    RoomVersionRules::V1,
    RoomVersionRules::V2,
    RoomVersionRules::V3,
    RoomVersionRules::V4,
    RoomVersionRules::V5,
    RoomVersionRules::V6,
    RoomVersionRules::V7,
    RoomVersionRules::V8,
    RoomVersionRules::V9,
    RoomVersionRules::V10,
    RoomVersionRules::V11,
    RoomVersionRules::V12,
];

fn name(server: &str) -> OwnedServerName {
    server.try_into().unwrap()
}

fn signer(server: &str) -> Signer {
    Signer::new(name(server), ServerKey::from_seed("1", [7; 32]).unwrap())
}

fn user(id: &str) -> OwnedUserId {
    id.try_into().unwrap()
}

fn room() -> OwnedRoomId {
    "!room:example.org".try_into().unwrap()
}

fn object(json: &serde_json::Value) -> Object {
    canonical::parse_object(json.to_string().as_bytes()).unwrap()
}

fn placement() -> Placement {
    Placement {
        prev_events: vec!["$p1".try_into().unwrap(), "$p2".try_into().unwrap()],
        auth_events: vec!["$a".try_into().unwrap()],
        depth: 12,
        origin_server_ts: 1_700_000_000_000,
    }
}

fn message(version: RoomVersion, content: &serde_json::Value) -> Verified<Pdu> {
    let intent = EventIntent::message(
        &name("example.org"),
        version,
        room(),
        user("@u:example.org"),
        "m.room.message",
        object(content),
    );
    signer("example.org").build(&intent.unwrap(), &placement()).unwrap()
}

/// The keys that a test server knows, all valid until the given time.
struct Keys(BTreeMap<String, PublicKey>, i64);

impl KeyRing for Keys {
    fn verify_key(&self, server: &ServerName, key_id: &str) -> Option<VerifyKey> {
        let key = *self.0.get(&format!("{server} {key_id}"))?;
        Some(VerifyKey { key, valid_until_ms: self.1 })
    }
}

fn keys_of(signers: &[&Signer]) -> Keys {
    let key = |signer: &&Signer| {
        let id = format!("{} {}", signer.server_name(), signer.key().key_id());
        (id, PublicKey(signer.key().public_key()))
    };
    Keys(signers.iter().map(key).collect(), i64::MAX)
}

fn intents(version: RoomVersion) -> Vec<EventIntent> {
    let (server, sender) = (name("example.org"), || user("@u:example.org"));
    let state = |kind: &str, key: &str, content| {
        EventIntent::state(&server, version, room(), sender(), kind, key, object(&content)).unwrap()
    };
    let create_room = (!version.create_event_is_room_id()).then(room);
    let create = json!({"creator": "@u:example.org", "room_version": version.as_str()});
    vec![
        EventIntent::message(
            &server,
            version,
            room(),
            sender(),
            "m.room.message",
            object(&json!({"body": "hé\n\"", "n": -5})),
        )
        .unwrap(),
        EventIntent::create(&server, version, create_room, sender(), object(&create)).unwrap(),
        EventIntent::redaction(
            &server,
            version,
            room(),
            sender(),
            "$x".try_into().unwrap(),
            object(&json!({"reason": "r"})),
        )
        .unwrap(),
        state(
            "m.room.power_levels",
            "",
            json!({"ban": 5, "invite": 1, "x": {}, "users": {"@u:example.org": 100}}),
        ),
        state(
            "m.room.member",
            "@u:example.org",
            json!({"membership": "join", "displayname": "U", "third_party_invite": {"signed": {"a": 1}, "b": 2}}),
        ),
        state("m.room.join_rules", "", json!({"join_rule": "public", "allow": [1], "y": null})),
        state("org.example.\"odd\"", "k\u{1f600}\\", json!({"a": {"b": [true, {}, []]}})),
        state("m.room.aliases", "example.org", json!({"aliases": []})),
    ]
}

/// What we build, ruma verifies: content hash, signature and event id, in every version that we write.
#[test]
fn ruma_accepts_what_we_build() {
    let signer = signer("example.org");
    let public = theirs::PublicKeySet::from([(
        "ed25519:1".to_owned(),
        ruma::serde::Base64::new(signer.key().public_key().to_vec()),
    )]);
    let keys = theirs::PublicKeyMap::from([("example.org".to_owned(), public)]);
    for (version, rules) in RoomVersion::ALL.into_iter().zip(&RULES).skip(2) {
        for intent in intents(version) {
            let pdu = signer.build(&intent, &placement()).unwrap();
            let event = canonical::parse_object(pdu.json().as_bytes()).unwrap();
            assert_eq!(canonical::to_string(&event), pdu.json(), "what is stored is canonical");
            let verified = theirs::verify_event(&keys, &event, rules).unwrap();
            assert_eq!(verified, theirs::Verified::All, "{} in {version}", pdu.kind());
            let hash = theirs::reference_hash(&event, rules).unwrap();
            assert_eq!(pdu.event_id().as_str(), format!("${hash}"));
            assert_eq!(event_id(&event, version).unwrap(), pdu.event_id());
            let read = verify(pdu.json().as_bytes(), version, &keys_of(&[&signer])).unwrap();
            assert_eq!(read.json(), pdu.json());
            assert_eq!(read.event_id(), pdu.event_id());
        }
    }
}

/// And what ruma signs, we verify, also in versions 1 and 2.
#[test]
fn we_accept_what_ruma_signs() {
    let der =
        [&[0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20][..], &[9; 32]]
            .concat();
    let pair = theirs::Ed25519KeyPair::from_der(&der, "k".to_owned()).unwrap();
    let keys = Keys(
        BTreeMap::from([("s.org ed25519:k".to_owned(), PublicKey(pair.public_key()))]),
        i64::MAX,
    );
    for (version, rules) in RoomVersion::ALL.into_iter().zip(&RULES) {
        let references = if version.references_are_ids() {
            json!(["$p"])
        } else {
            json!([["$p:s.org", {"sha256": "x"}]])
        };
        let mut event = object(&json!({
            "type": "m.room.message", "room_id": "!r:s.org", "sender": "@u:s.org", "content": {"body": "x"},
            "depth": 3, "origin_server_ts": 5, "prev_events": references, "auth_events": [], "origin": "s.org",
            "unsigned": {"age": 3},
        }));
        if version < RoomVersion::V3 {
            event.insert("event_id".to_owned(), Value::String("$e:s.org".to_owned()));
        }
        theirs::hash_and_sign_event("s.org", &pair, &mut event, &rules.redaction).unwrap();
        let pdu = verify(canonical::to_string(&event).as_bytes(), version, &keys).unwrap();
        assert!(!pdu.json().contains("unsigned"));
        assert_eq!(pdu.content(), r#"{"body":"x"}"#);
        if version >= RoomVersion::V3 {
            assert_eq!(
                pdu.event_id().as_str(),
                format!("${}", theirs::reference_hash(&event, rules).unwrap())
            );
        } else {
            assert_eq!(pdu.event_id(), "$e:s.org");
        }
    }
}

#[test]
fn the_room_of_version_12_is_its_create_event() {
    let intent = intents(RoomVersion::V12).remove(1);
    let pdu = signer("example.org")
        .build(&intent, &Placement { depth: 1, ..Placement::default() })
        .unwrap();
    assert!(!pdu.json().contains("room_id"));
    assert_eq!(pdu.room_id().as_str()[1..], pdu.event_id().as_str()[1..]);
}

#[test]
fn keys_are_read_and_written_in_the_common_text_form() {
    let text = "ed25519 a_AbCd YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1\n";
    let key = ServerKey::from_text(text).unwrap();
    // The specification's seed has bits that stand over; they are not written again.
    assert_eq!(key.to_text(), text.replace("XA1", "XA0"));
    assert_eq!(key.key_id(), "ed25519:a_AbCd");
    // The specification's test vector: this seed has this public key.
    assert_eq!(key.public_key_base64(), "XGX0JRS2Af3be3knz2fBiRbApjm2Dh61gXDJA8kcJNI");
    for (bad, error) in [
        ("", KeyFormatError::Words),
        ("rsa a x", KeyFormatError::Words),
        ("ed25519 a", KeyFormatError::Words),
        ("ed25519 a b c", KeyFormatError::Words),
        ("ed25519 a! YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1", KeyFormatError::Version),
        ("ed25519 a YJDB", KeyFormatError::Seed),
        ("ed25519 a ***", KeyFormatError::Seed),
    ] {
        assert_eq!(ServerKey::from_text(bad).unwrap_err(), error, "{bad:?}");
    }
    assert!(!format!("{key:?}").contains("YJDB"), "the secret is not in logs");
    let generated = ServerKey::generate(&[3; 40]).unwrap();
    assert_eq!(
        ServerKey::from_text(&generated.to_text()).unwrap().public_key(),
        generated.public_key()
    );
}

/// The specification's example of signing an event ([appendix], test vectors). It is of room version 1, which is not
/// written here, so the parts are checked: redaction and signature of the signed bytes.
#[test]
fn the_specifications_signed_objects() {
    let key =
        ServerKey::from_text("ed25519 1 YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1").unwrap();
    let signer = Signer::new(name("domain"), key);
    let mut empty = Object::new();
    signer.sign_object(&mut empty).unwrap();
    let expected =
        "K8280/U9SSy9IVtjBuVeLr+HpOB4BQFWbg+UZaADMtTdGYI7Geitb76LTrr5QV/7Xg4ahLwYGYZzuHGZKM5ZAQ";
    assert_eq!(object::signature(&empty, "domain", "ed25519:1").unwrap(), expected);
    let mut data = object(&json!({"one": 1, "two": "Two"}));
    signer.sign_object(&mut data).unwrap();
    let expected =
        "KqmLSbO39/Bzb0QIYE82zqLwsA+PDzYIpIRA2sRQ4sL53+sN6/fpNSoqE7BP7vBZhG6kYdD13EIMJpvhJI+6Bw";
    assert_eq!(object::signature(&data, "domain", "ed25519:1").unwrap(), expected);
}
