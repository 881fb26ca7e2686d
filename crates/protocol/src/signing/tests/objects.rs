//! Signatures of objects that are not events.
use super::*;

#[test]
fn objects_that_look_like_events_are_not_signed() {
    let signer = signer("example.org");
    for key in [
        "auth_events",
        "content",
        "depth",
        "event_id",
        "hashes",
        "origin_server_ts",
        "prev_events",
        "room_id",
        "type",
    ] {
        let mut object = object(&json!({"server_name": "example.org"}));
        object.insert(key.to_owned(), Value::Null);
        let before = object.clone();
        assert_eq!(signer.sign_object(&mut object), Err(SignObjectError::LooksLikeEvent), "{key}");
        assert_eq!(object, before, "nothing is left in it");
    }
    let mut odd = object(&json!({"signatures": []}));
    assert_eq!(signer.sign_object(&mut odd), Err(SignObjectError::Signatures));
}

#[test]
fn signed_objects_are_verified_by_entity_and_key() {
    let signer = signer("example.org");
    let key = PublicKey(signer.key().public_key());
    let mut device = object(&json!({
        "user_id": "@u:example.org", "device_id": "D", "algorithms": [], "keys": {"ed25519:D": "x"},
        "unsigned": {"device_display_name": "phone"}, "signatures": {"@u:example.org": {"ed25519:D": "old"}},
    }));
    signer.sign_object(&mut device).unwrap();
    assert_eq!(verify_signed_object(&device, "example.org", "ed25519:1", key), Ok(()));
    let missing = Err(ObjectSignatureError::Missing);
    assert_eq!(verify_signed_object(&device, "@u:example.org", "ed25519:1", key), missing);
    let mismatch = Err(ObjectSignatureError::Mismatch);
    assert_eq!(verify_signed_object(&device, "@u:example.org", "ed25519:D", key), mismatch);
    assert_eq!(
        verify_signed_object(&device, "example.org", "ed25519:1", PublicKey([1; 32])),
        mismatch
    );
    device.insert("unsigned".to_owned(), Value::Null);
    assert_eq!(
        verify_signed_object(&device, "example.org", "ed25519:1", key),
        Ok(()),
        "unsigned is not covered"
    );
    device.insert("device_id".to_owned(), Value::String("E".to_owned()));
    assert_eq!(verify_signed_object(&device, "example.org", "ed25519:1", key), mismatch);
}

#[test]
fn ruma_agrees_on_signed_objects() {
    let signer = signer("example.org");
    let mut object =
        object(&json!({"server_name": "example.org", "valid_until_ts": 5, "verify_keys": {}}));
    signer.sign_object(&mut object).unwrap();
    let set = theirs::PublicKeySet::from([(
        "ed25519:1".to_owned(),
        ruma::serde::Base64::new(signer.key().public_key().to_vec()),
    )]);
    theirs::verify_json(&theirs::PublicKeyMap::from([("example.org".to_owned(), set)]), &object)
        .unwrap();
}

#[test]
fn public_keys_are_32_bytes_of_base64() {
    let text = "XGX0JRS2Af3be3knz2fBiRbApjm2Dh61gXDJA8kcJNI";
    assert_eq!(PublicKey::from_base64(text).unwrap().to_base64(), text);
    assert_eq!(PublicKey::from_base64(&format!("{text}=")).unwrap().to_base64(), text);
    for bad in ["", "AAAA", "*", &format!("{text}AAAA")] {
        assert!(PublicKey::from_base64(bad).is_none());
    }
}
