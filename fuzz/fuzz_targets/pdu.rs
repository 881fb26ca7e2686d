//! An event of another server: parsed, checked, rendered; and redacted, it keeps its id. The first byte is the room
//! version.
#![no_main]
use libfuzzer_sys::fuzz_target;
use protocol::{
    RoomVersion, canonical,
    ids::ServerName,
    redaction,
    signing::{self, KeyRing, PublicKey, UnverifiedPdu, VerifyKey},
};

struct AnyKey;

impl KeyRing for AnyKey {
    fn verify_key(&self, _: &ServerName, _: &str) -> Option<VerifyKey> {
        Some(VerifyKey { key: PublicKey([1; 32]), valid_until_ms: i64::MAX })
    }
}

fuzz_target!(|bytes: &[u8]| {
    let Some((first, json)) = bytes.split_first() else { return };
    let version = RoomVersion::ALL[usize::from(*first) % RoomVersion::ALL.len()];
    if let Ok(pdu) = signing::verify(json, version, &AnyKey) {
        let mut client = String::new();
        pdu.write_client_format(&mut client, None, true);
        assert!(canonical::parse_object(client.as_bytes()).is_ok());
        let redacted = redaction::redact(&pdu).expect("a verified event is redacted");
        assert_eq!(redacted.event_id(), pdu.event_id());
    }
    if let Ok(mut object) = canonical::parse_object(json)
        && UnverifiedPdu::from_object(object.clone(), version).is_ok()
    {
        let id = signing::event_id(&object, version).expect("an event has an id");
        redaction::redact_event(&mut object, version);
        assert_eq!(signing::event_id(&object, version), Some(id));
    }
});
