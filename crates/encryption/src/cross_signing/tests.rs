use ed25519_dalek::SigningKey;

use super::*;
use crate::{
    query::{Query, QueryAnswer},
    testing::{TestDevice, TestServer, key, on_each_engine, public_key, sign},
    upload::KeysUpload,
};

/// A whole set of keys under one master key.
fn keys(device: &TestDevice, master: &SigningKey, seed: u8) -> CrossSigningUpload {
    CrossSigningUpload {
        master_key: Some(device.cross_signing_key(MASTER, master, None)),
        self_signing_key: Some(device.cross_signing_key(SELF_SIGNING, &key(seed), Some(master))),
        user_signing_key: Some(device.cross_signing_key(
            USER_SIGNING,
            &key(seed + 1),
            Some(master),
        )),
    }
}

async fn upload(
    server: &TestServer,
    device: &TestDevice,
    keys: CrossSigningUpload,
    authenticated: Authenticated,
) -> Result<(), CrossSigningError> {
    let encryption = &server.encryption;
    encryption.upload_cross_signing_keys(device.user, &device.user_id, keys, authenticated).await
}

async fn query(server: &TestServer, asking: &TestDevice, about: &TestDevice) -> QueryAnswer {
    let query: Query = [(about.user_id.clone(), Vec::new())].into();
    server.encryption.query_keys(asking.user, query).await.unwrap()
}

#[tokio::test]
async fn the_first_upload_and_a_repeated_one_need_no_authentication() {
    on_each_engine(async |server| {
        let alice = server.device("@alice:server.example", "PHONE").await;
        let bob = server.device("@bob:server.example", "PHONE").await;
        let first = keys(&alice, &key(1), 2);
        upload(&server, &alice, first.clone(), Authenticated::No).await.unwrap();
        let before = server.position();
        upload(&server, &alice, first.clone(), Authenticated::No).await.unwrap();
        assert_eq!(server.position(), before, "a repeated upload changes nothing");

        let seen = query(&server, &alice, &alice).await;
        assert_eq!(seen.master_keys[&alice.user_id], first.master_key.unwrap());
        assert_eq!(seen.self_signing_keys[&alice.user_id], first.self_signing_key.unwrap());
        assert_eq!(seen.user_signing_keys[&alice.user_id], first.user_signing_key.unwrap());
        let seen = query(&server, &bob, &alice).await;
        assert!(seen.master_keys.contains_key(&alice.user_id));
        assert!(seen.user_signing_keys.is_empty(), "the user-signing key is the user's own");
    })
    .await;
}

#[tokio::test]
async fn other_keys_need_authentication_and_replace_the_whole_set() {
    on_each_engine(async |server| {
        let alice = server.device("@alice:server.example", "PHONE").await;
        upload(&server, &alice, keys(&alice, &key(1), 2), Authenticated::No).await.unwrap();
        let other = CrossSigningUpload {
            master_key: Some(alice.cross_signing_key(MASTER, &key(7), None)),
            ..CrossSigningUpload::default()
        };
        let result = upload(&server, &alice, other.clone(), Authenticated::No).await;
        assert!(matches!(result, Err(CrossSigningError::AuthenticationRequired)), "{result:?}");
        let result = upload(&server, &alice, keys(&alice, &key(1), 5), Authenticated::No).await;
        assert!(matches!(result, Err(CrossSigningError::AuthenticationRequired)), "{result:?}");

        upload(&server, &alice, other, Authenticated::Yes).await.unwrap();
        let seen = query(&server, &alice, &alice).await;
        let master = canonical_key(&seen.master_keys[&alice.user_id]);
        assert_eq!(master, public_key(&key(7)));
        assert!(seen.self_signing_keys.is_empty(), "the old master key had signed it");
        assert!(seen.user_signing_keys.is_empty());
    })
    .await;
}

fn canonical_key(object: &Object) -> String {
    key_format::cross_signing_key(object, "@alice:server.example".try_into().unwrap(), MASTER)
        .unwrap()
}

#[tokio::test]
async fn keys_that_the_master_key_did_not_sign_are_refused() {
    on_each_engine(async |server| {
        let alice = server.device("@alice:server.example", "PHONE").await;
        let master = key(1);
        let mut cases = Vec::new();
        for signer in [None, Some(&key(9))] {
            for usage in [SELF_SIGNING, USER_SIGNING] {
                let mut upload = keys(&alice, &master, 2);
                let part = Some(alice.cross_signing_key(usage, &key(4), signer));
                match usage {
                    SELF_SIGNING => upload.self_signing_key = part,
                    _ => upload.user_signing_key = part,
                }
                cases.push(upload);
            }
        }
        for case in cases {
            let result = upload(&server, &alice, case, Authenticated::Yes).await;
            let refused = matches!(result, Err(CrossSigningError::Key(KeyError::BadSignature(_))));
            assert!(refused, "{result:?}");
        }
        let orphan = CrossSigningUpload { master_key: None, ..keys(&alice, &master, 2) };
        let result = upload(&server, &alice, orphan, Authenticated::Yes).await;
        assert!(matches!(result, Err(CrossSigningError::NoMasterKey)), "{result:?}");
        let result =
            upload(&server, &alice, CrossSigningUpload::default(), Authenticated::Yes).await;
        assert!(matches!(result, Err(CrossSigningError::NoMasterKey)), "{result:?}");
        assert!(query(&server, &alice, &alice).await.master_keys.is_empty());
    })
    .await;
}

#[tokio::test]
async fn malformed_keys_are_refused() {
    on_each_engine(async |server| {
        let alice = server.device("@alice:server.example", "PHONE").await;
        let bob = server.device("@bob:server.example", "PHONE").await;
        let mut two_keys = alice.cross_signing_key(MASTER, &key(1), None);
        let more =
            crate::testing::object(&serde_json::json!({ "ed25519:A": "A", "ed25519:B": "B" }));
        two_keys.insert("keys".to_owned(), protocol::canonical::Value::Object(more));
        let cases = [
            bob.cross_signing_key(MASTER, &key(1), None),
            alice.cross_signing_key(SELF_SIGNING, &key(1), None),
            two_keys,
            Object::new(),
        ];
        for master_key in cases.map(Some) {
            let case = CrossSigningUpload { master_key, ..CrossSigningUpload::default() };
            let result = upload(&server, &alice, case, Authenticated::Yes).await;
            assert!(matches!(result, Err(CrossSigningError::Key(_))), "{result:?}");
        }
        let twice = CrossSigningUpload {
            self_signing_key: Some(alice.cross_signing_key(SELF_SIGNING, &key(1), Some(&key(1)))),
            ..keys(&alice, &key(1), 2)
        };
        let result = upload(&server, &alice, twice, Authenticated::Yes).await;
        assert!(matches!(result, Err(CrossSigningError::KeyIdInUse)), "{result:?}");
    })
    .await;
}

#[tokio::test]
async fn a_key_that_is_called_like_a_device_is_refused() {
    on_each_engine(async |server| {
        let master = key(1);
        let alice = server.device("@alice:server.example", &public_key(&master)).await;
        let result = upload(&server, &alice, keys(&alice, &master, 2), Authenticated::Yes).await;
        assert!(matches!(result, Err(CrossSigningError::KeyIdInUse)), "{result:?}");
    })
    .await;
}

#[tokio::test]
async fn a_device_signature_on_the_master_key_must_be_right() {
    on_each_engine(async |server| {
        let alice = server.device("@alice:server.example", "PHONE").await;
        let identity =
            KeysUpload { device_keys: Some(alice.device_keys()), ..KeysUpload::default() };
        server.encryption.upload_keys(alice.as_device(), identity).await.unwrap();
        let signed_by = |signer: &SigningKey| CrossSigningUpload {
            master_key: Some(sign(
                alice.cross_signing_key(MASTER, &key(1), None),
                &alice.user_id,
                &alice.key_name(),
                signer,
            )),
            ..CrossSigningUpload::default()
        };
        let result = upload(&server, &alice, signed_by(&key(9)), Authenticated::No).await;
        let refused = matches!(result, Err(CrossSigningError::Key(KeyError::BadSignature(_))));
        assert!(refused, "{result:?}");
        upload(&server, &alice, signed_by(&alice.key), Authenticated::No).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn of_two_first_uploads_at_once_one_wins() {
    on_each_engine(async |server| {
        let alice = server.device("@alice:server.example", "PHONE").await;
        let (one, other) = tokio::join!(
            upload(&server, &alice, keys(&alice, &key(1), 2), Authenticated::No),
            upload(&server, &alice, keys(&alice, &key(5), 6), Authenticated::No),
        );
        assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
        let seen = query(&server, &alice, &alice).await;
        let winner = if one.is_ok() { key(1) } else { key(5) };
        assert_eq!(canonical_key(&seen.master_keys[&alice.user_id]), public_key(&winner));
    })
    .await;
}
