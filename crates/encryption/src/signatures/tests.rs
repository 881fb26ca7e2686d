use ed25519_dalek::SigningKey;
use protocol::canonical::Value;

use super::*;
use crate::{
    cross_signing::{Authenticated, CrossSigningUpload},
    query::QueryAnswer,
    testing::{TestDevice, TestServer, key, on_each_engine, public_key, sign},
    upload::KeysUpload,
};

/// A user with identity keys and cross-signing keys made from `seed`.
async fn cross_signed(server: &TestServer, user_id: &str, seed: u8) -> TestDevice {
    let device = server.device(user_id, "PHONE").await;
    let identity = KeysUpload { device_keys: Some(device.device_keys()), ..KeysUpload::default() };
    server.encryption.upload_keys(device.as_device(), identity).await.unwrap();
    let master = key(seed);
    let upload = CrossSigningUpload {
        master_key: Some(device.cross_signing_key(MASTER, &master, None)),
        self_signing_key: Some(device.cross_signing_key(
            SELF_SIGNING,
            &key(seed + 1),
            Some(&master),
        )),
        user_signing_key: Some(device.cross_signing_key(
            USER_SIGNING,
            &key(seed + 2),
            Some(&master),
        )),
    };
    let (user, id) = (device.user, &device.user_id);
    let encryption = &server.encryption;
    encryption.upload_cross_signing_keys(user, id, upload, Authenticated::No).await.unwrap();
    device
}

async fn upload(
    server: &TestServer,
    signer: &TestDevice,
    of: &TestDevice,
    signed_key: &str,
    object: Object,
) -> Option<SignatureFailure> {
    let objects = [(signed_key.to_owned(), object)].into();
    let upload = [(of.user_id.clone(), objects)].into();
    let encryption = &server.encryption;
    let failures =
        encryption.upload_signatures(signer.user, &signer.user_id, upload).await.unwrap();
    failures.into_values().flatten().map(|(_, failure)| failure).next()
}

async fn query(server: &TestServer, asking: &TestDevice, about: &TestDevice) -> QueryAnswer {
    let query = [(about.user_id.clone(), Vec::new())].into();
    server.encryption.query_keys(asking.user, query).await.unwrap()
}

fn signed_by(object: &Object, signer: &TestDevice, name: &str) -> bool {
    let Some(Value::Object(signatures)) = object.get("signatures") else { return false };
    let Some(Value::Object(own)) = signatures.get(signer.user_id.as_str()) else { return false };
    own.contains_key(name)
}

fn name(key: &SigningKey) -> String {
    format!("ed25519:{}", public_key(key))
}

#[tokio::test]
async fn the_self_signing_key_signs_devices_for_everybody_to_see() {
    on_each_engine(async |server| {
        let alice = cross_signed(&server, "@alice:server.example", 10).await;
        let bob = cross_signed(&server, "@bob:server.example", 20).await;
        server.join(1, &[&alice, &bob]);
        let before = server.position();
        let signed = sign(alice.device_keys(), &alice.user_id, &name(&key(11)), &key(11));
        assert_eq!(upload(&server, &alice, &alice, "PHONE", signed).await, None);
        let device = &query(&server, &bob, &alice).await.device_keys[&alice.user_id]["PHONE"];
        assert!(signed_by(device, &alice, &name(&key(11))));
        assert!(signed_by(device, &alice, "ed25519:PHONE"));
        let until = server.position();
        let changes = server.encryption.device_list_changes(bob.user, before, until).await.unwrap();
        assert_eq!(changes.changed, vec![alice.user_id.clone()]);
    })
    .await;
}

#[tokio::test]
async fn the_user_signing_key_signs_others_for_the_signer_to_see() {
    on_each_engine(async |server| {
        let alice = cross_signed(&server, "@alice:server.example", 10).await;
        let bob = cross_signed(&server, "@bob:server.example", 20).await;
        let before = server.position();
        let master = bob.cross_signing_key(MASTER, &key(20), None);
        let signed = sign(master, &alice.user_id, &name(&key(12)), &key(12));
        let failure = upload(&server, &alice, &bob, &public_key(&key(20)), signed).await;
        assert_eq!(failure, None);
        let seen = query(&server, &alice, &bob).await;
        assert!(signed_by(&seen.master_keys[&bob.user_id], &alice, &name(&key(12))));
        let seen = query(&server, &bob, &bob).await;
        assert!(!signed_by(&seen.master_keys[&bob.user_id], &alice, &name(&key(12))));
        let until = server.position();
        let changes = async |user| {
            server.encryption.device_list_changes(user, before, until).await.unwrap().changed
        };
        assert_eq!(changes(alice.user).await, vec![bob.user_id.clone()]);
        assert!(changes(bob.user).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn devices_sign_the_master_key_of_their_user() {
    on_each_engine(async |server| {
        let alice = cross_signed(&server, "@alice:server.example", 10).await;
        let master = alice.cross_signing_key(MASTER, &key(10), None);
        let signed = sign(master, &alice.user_id, &alice.key_name(), &alice.key);
        let failure = upload(&server, &alice, &alice, &public_key(&key(10)), signed).await;
        assert_eq!(failure, None);
        let seen = query(&server, &alice, &alice).await;
        assert!(signed_by(&seen.master_keys[&alice.user_id], &alice, &alice.key_name()));
    })
    .await;
}

#[tokio::test]
async fn bad_signatures_fail_one_by_one() {
    on_each_engine(async |server| {
        let alice = cross_signed(&server, "@alice:server.example", 10).await;
        let bob = cross_signed(&server, "@bob:server.example", 20).await;
        let own = name(&key(11));
        // The right name with another key's signature.
        let forged = sign(alice.device_keys(), &alice.user_id, &own, &key(99));
        let failure = upload(&server, &alice, &alice, "PHONE", forged).await;
        assert_eq!(failure, Some(SignatureFailure::BadSignature));
        let failure = upload(&server, &alice, &alice, "PHONE", alice.device_keys()).await;
        assert_eq!(failure, Some(SignatureFailure::BadSignature));
        let mut other = alice.device_keys();
        other.insert("algorithms".to_owned(), Value::Array(Vec::new()));
        let other = sign(other, &alice.user_id, &own, &key(11));
        let failure = upload(&server, &alice, &alice, "PHONE", other).await;
        assert_eq!(failure, Some(SignatureFailure::Different));
        let signed = sign(alice.device_keys(), &alice.user_id, &own, &key(11));
        let failure = upload(&server, &alice, &alice, "TABLET", signed.clone()).await;
        assert_eq!(failure, Some(SignatureFailure::UnknownKey));
        // Another user's device is not for us to sign.
        let failure = upload(&server, &alice, &bob, "PHONE", bob.device_keys()).await;
        assert_eq!(failure, Some(SignatureFailure::UnknownKey));
        let stranger = server.device("@eve:server.example", "PHONE").await;
        let failure = upload(&server, &stranger, &alice, &public_key(&key(10)), signed).await;
        assert_eq!(failure, Some(SignatureFailure::Different));
        let master = alice.cross_signing_key(MASTER, &key(10), None);
        let failure = upload(&server, &stranger, &alice, &public_key(&key(10)), master).await;
        assert_eq!(failure, Some(SignatureFailure::UnknownSigner));
        let device = &query(&server, &alice, &alice).await.device_keys[&alice.user_id]["PHONE"];
        assert!(!signed_by(device, &alice, &own), "nothing bad was stored");
    })
    .await;
}

#[tokio::test]
async fn new_identity_keys_lose_the_signatures_of_the_old_ones() {
    on_each_engine(async |server| {
        let mut alice = cross_signed(&server, "@alice:server.example", 10).await;
        let own = name(&key(11));
        let signed = sign(alice.device_keys(), &alice.user_id, &own, &key(11));
        assert_eq!(upload(&server, &alice, &alice, "PHONE", signed).await, None);
        alice.key = key(77);
        let identity =
            KeysUpload { device_keys: Some(alice.device_keys()), ..KeysUpload::default() };
        server.encryption.upload_keys(alice.as_device(), identity).await.unwrap();
        let device = &query(&server, &alice, &alice).await.device_keys[&alice.user_id]["PHONE"];
        assert!(!signed_by(device, &alice, &own));
    })
    .await;
}
