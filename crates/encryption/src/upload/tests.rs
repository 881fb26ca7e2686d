use serde_json::json;

use super::*;
use crate::testing::{TestDevice, object, on_each_engine, sign};

fn identity(keys: Object) -> KeysUpload {
    KeysUpload { device_keys: Some(keys), ..KeysUpload::default() }
}

fn one_time(keys: &[(&str, Value)]) -> KeysUpload {
    let one_time_keys = keys.iter().map(|(name, key)| ((*name).to_owned(), key.clone())).collect();
    KeysUpload { one_time_keys, ..KeysUpload::default() }
}

fn fallback(name: &str, key: Value) -> KeysUpload {
    KeysUpload { fallback_keys: [(name.to_owned(), key)].into(), ..KeysUpload::default() }
}

#[tokio::test]
async fn keys_are_counted_and_repeated_uploads_change_nothing() {
    on_each_engine(async |server| {
        let alice = server.device("@alice:server.example", "PHONE").await;
        let upload = KeysUpload {
            device_keys: Some(alice.device_keys()),
            one_time_keys: [
                ("signed_curve25519:A".to_owned(), alice.one_time_key(1)),
                ("signed_curve25519:B".to_owned(), alice.one_time_key(2)),
            ]
            .into(),
            fallback_keys: [("signed_curve25519:F".to_owned(), alice.one_time_key(3))].into(),
        };
        let counts =
            server.encryption.upload_keys(alice.as_device(), upload.clone()).await.unwrap();
        assert_eq!(counts.one_time_keys["signed_curve25519"], 2);
        assert_eq!(counts.unused_fallback_algorithms, ["signed_curve25519"]);

        let before = server.position();
        let again = server.encryption.upload_keys(alice.as_device(), identity(alice.device_keys()));
        assert_eq!(again.await.unwrap(), counts);
        assert_eq!(server.position(), before, "known identity keys are no change");
        let again = server.encryption.upload_keys(alice.as_device(), upload).await.unwrap();
        assert_eq!(again, counts);
        let restarted = server.restarted().key_counts(alice.user, alice.id()).await.unwrap();
        assert_eq!(restarted, counts);
    })
    .await;
}

#[tokio::test]
async fn a_device_without_keys_is_told_so() {
    on_each_engine(async |server| {
        let alice = server.device("@alice:server.example", "PHONE").await;
        let counts = server.encryption.key_counts(alice.user, alice.id()).await.unwrap();
        assert_eq!(counts.one_time_keys, [("signed_curve25519".to_owned(), 0)].into());
        assert!(counts.unused_fallback_algorithms.is_empty());
    })
    .await;
}

#[tokio::test]
async fn another_key_under_a_taken_name_is_refused_and_nothing_of_the_upload_is_stored() {
    on_each_engine(async |server| {
        let alice = server.device("@alice:server.example", "PHONE").await;
        let device = alice.as_device();
        let first = one_time(&[("signed_curve25519:A", alice.one_time_key(1))]);
        server.encryption.upload_keys(device, first).await.unwrap();
        let second = one_time(&[
            ("signed_curve25519:A", alice.one_time_key(2)),
            ("signed_curve25519:B", alice.one_time_key(3)),
        ]);
        let error = server.encryption.upload_keys(device, second).await.unwrap_err();
        assert!(matches!(&error, UploadError::KeyTaken { key_id, .. } if key_id == "A"), "{error}");
        let counts = server.encryption.key_counts(alice.user, alice.id()).await.unwrap();
        assert_eq!(counts.one_time_keys["signed_curve25519"], 1);
    })
    .await;
}

#[tokio::test]
async fn a_deleted_device_stores_nothing() {
    on_each_engine(async |server| {
        let alice = server.device("@alice:server.example", "PHONE").await;
        server.delete(&alice).await;
        let uploads = [
            identity(alice.device_keys()),
            one_time(&[("signed_curve25519:A", alice.one_time_key(1))]),
            fallback("signed_curve25519:F", alice.one_time_key(1)),
        ];
        for upload in uploads {
            let error = server.encryption.upload_keys(alice.as_device(), upload).await.unwrap_err();
            assert!(matches!(error, UploadError::UnknownDevice), "{error}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_replaced_fallback_key_counts_as_unused() {
    on_each_engine(async |server| {
        let alice = server.device("@alice:server.example", "PHONE").await;
        let device = alice.as_device();
        let upload = |seed| fallback("signed_curve25519:F", alice.one_time_key(seed));
        server.encryption.upload_keys(device, upload(1)).await.unwrap();
        let claim = || {
            let devices = [(alice.device_id.clone(), "signed_curve25519".to_owned())].into();
            server.encryption.claim_keys([(alice.user_id.clone(), devices)].into())
        };
        for _ in 0..2 {
            let claimed = claim().await.unwrap();
            assert_eq!(claimed.keys[&alice.user_id][alice.id()].key_id, "F");
        }
        let unused = async || {
            let counts = server.encryption.key_counts(alice.user, alice.id()).await.unwrap();
            counts.unused_fallback_algorithms.clone()
        };
        assert!(unused().await.is_empty());
        server.encryption.upload_keys(device, upload(1)).await.unwrap();
        assert!(unused().await.is_empty(), "the same key was used all the same");
        server.encryption.upload_keys(device, upload(2)).await.unwrap();
        assert_eq!(unused().await, ["signed_curve25519"]);
    })
    .await;
}

/// Changes a part of well-formed device keys and signs them anew.
fn forged(device: &TestDevice, change: impl FnOnce(&mut Object)) -> Object {
    let mut keys = device.device_keys();
    keys.remove("signatures");
    change(&mut keys);
    sign(keys, &device.user_id, &device.key_name(), &device.key)
}

#[tokio::test]
async fn malformed_identity_keys_are_refused() {
    on_each_engine(async |server| {
        let alice = server.device("@alice:server.example", "PHONE").await;
        let set = |name: &'static str, value: serde_json::Value| {
            forged(&alice, |keys| {
                keys.insert(name.to_owned(), object(&json!({ "v": value }))["v"].clone());
            })
        };
        let mut unsigned = alice.device_keys();
        unsigned.remove("signatures");
        let mut tampered = alice.device_keys();
        tampered.insert("algorithms".to_owned(), Value::Array(Vec::new()));
        let own = alice.key_name();
        let cases = [
            set("user_id", json!("@bob:server.example")),
            set("device_id", json!("OTHER")),
            set("algorithms", json!("m.olm")),
            set("algorithms", json!([1])),
            set("algorithms", json!(vec!["x"; 33])),
            set("keys", json!([])),
            set("keys", json!({ (own.clone()): "short" })),
            set("keys", json!({ (own.clone()): 1 })),
            set("keys", json!({ "no colon": "x" })),
            set("keys", json!({ "curve25519:PHONE": "x" })),
            set("filler", json!("x".repeat(20_000))),
            unsigned,
            tampered,
        ];
        for keys in cases {
            let text = canonical_text(&keys);
            let result = server.encryption.upload_keys(alice.as_device(), identity(keys)).await;
            assert!(matches!(result, Err(UploadError::Key(_))), "{text}: {result:?}");
        }
        let stored = device_keys::find(&server.store.db, alice.user, "PHONE").await.unwrap();
        assert_eq!(stored, None);
    })
    .await;
}

#[tokio::test]
async fn malformed_one_time_keys_are_refused() {
    on_each_engine(async |server| {
        let alice = server.device("@alice:server.example", "PHONE").await;
        let text = |text: &str| Value::String(text.to_owned());
        let long = "x".repeat(300);
        let cases = [
            ("no_colon", alice.one_time_key(1)),
            (":A", alice.one_time_key(1)),
            ("signed_curve25519:", alice.one_time_key(1)),
            ("signed_curve25519:\0", alice.one_time_key(1)),
            (&format!("signed_curve25519:{long}"), alice.one_time_key(1)),
            ("signed_curve25519:A", text("a string")),
            ("signed_curve25519:A", Value::Object(Object::new())),
            (
                "signed_curve25519:A",
                Value::Object(object(&json!({ "key": "AAAA", "signatures": {} }))),
            ),
            ("signed_curve25519:A", Value::Bool(true)),
            ("curve25519:A", text("short")),
            ("other:A", Value::Null),
            ("other:A", text(&"x".repeat(5_000))),
        ];
        for (name, key) in cases {
            for upload in [one_time(&[(name, key.clone())]), fallback(name, key)] {
                let result = server.encryption.upload_keys(alice.as_device(), upload).await;
                assert!(matches!(result, Err(UploadError::Key(_))), "{name:?}: {result:?}");
            }
        }
        let two = KeysUpload {
            fallback_keys: [
                ("signed_curve25519:A".to_owned(), alice.one_time_key(1)),
                ("signed_curve25519:B".to_owned(), alice.one_time_key(2)),
            ]
            .into(),
            ..KeysUpload::default()
        };
        let result = server.encryption.upload_keys(alice.as_device(), two).await;
        assert!(matches!(result, Err(UploadError::FallbackKeys)), "{result:?}");
        let many = (0..=ONE_TIME_KEYS_MAX).map(|n| (format!("other:{n}"), text("x"))).collect();
        let many = KeysUpload { one_time_keys: many, ..KeysUpload::default() };
        let result = server.encryption.upload_keys(alice.as_device(), many).await;
        assert!(matches!(result, Err(UploadError::TooManyKeys)), "{result:?}");
    })
    .await;
}

fn canonical_text(object: &Object) -> String {
    protocol::canonical::to_string(object)
}
