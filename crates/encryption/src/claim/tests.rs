use std::sync::Arc;

use super::*;
use crate::{
    testing::{TestDevice, TestServer, on_each_engine},
    upload::KeysUpload,
};

const ALGORITHM: &str = "signed_curve25519";

fn claim(device: &TestDevice) -> Claim {
    [(device.user_id.clone(), [(device.device_id.clone(), ALGORITHM.to_owned())].into())].into()
}

async fn claim_one(server: &TestServer, device: &TestDevice) -> Option<String> {
    let mut claimed = server.encryption.claim_keys(claim(device)).await.unwrap();
    let mut keys = claimed.keys.remove(&device.user_id)?;
    keys.remove(&device.device_id).map(|key| key.key_id)
}

async fn upload(
    server: &TestServer,
    device: &TestDevice,
    ids: impl Iterator<Item = String>,
) -> i64 {
    let keys = ids.map(|id| (format!("{ALGORITHM}:{id}"), device.one_time_key(1))).collect();
    let upload = KeysUpload { one_time_keys: keys, ..KeysUpload::default() };
    let counts = server.encryption.upload_keys(device.as_device(), upload).await.unwrap();
    counts.one_time_keys[ALGORITHM]
}

#[tokio::test]
async fn keys_are_given_out_in_the_order_of_their_uploads_then_the_fallback_key() {
    on_each_engine(async |server| {
        let alice = server.device("@alice:server.example", "PHONE").await;
        upload(&server, &alice, ["Z".to_owned()].into_iter()).await;
        upload(&server, &alice, ["A".to_owned()].into_iter()).await;
        upload(&server, &alice, ["M".to_owned()].into_iter()).await;
        let fallback = [(format!("{ALGORITHM}:F"), alice.one_time_key(9))].into();
        let fallback = KeysUpload { fallback_keys: fallback, ..KeysUpload::default() };
        server.encryption.upload_keys(alice.as_device(), fallback).await.unwrap();
        for expected in ["Z", "A", "M", "F", "F"] {
            assert_eq!(claim_one(&server, &alice).await.as_deref(), Some(expected));
        }
        assert_eq!(upload(&server, &alice, ["N".to_owned()].into_iter()).await, 1);
        assert_eq!(claim_one(&server, &alice).await.as_deref(), Some("N"));
    })
    .await;
}

#[tokio::test]
async fn an_issued_key_does_not_come_back_with_a_repeated_upload() {
    on_each_engine(async |server| {
        let alice = server.device("@alice:server.example", "PHONE").await;
        upload(&server, &alice, ["A".to_owned()].into_iter()).await;
        assert_eq!(claim_one(&server, &alice).await.as_deref(), Some("A"));
        assert_eq!(upload(&server, &alice, ["A".to_owned()].into_iter()).await, 0);
        assert_eq!(claim_one(&server, &alice).await, None);
        // A month later the name is free.
        server.clock.advance_ms(31 * 24 * 60 * 60 * 1_000);
        assert_eq!(upload(&server, &alice, ["A".to_owned()].into_iter()).await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_claims_at_once_give_each_key_out_once() {
    on_each_engine(async |server| {
        let alice = server.device("@alice:server.example", "PHONE").await;
        let keys = 700;
        upload(&server, &alice, (0..keys).map(|n| format!("K{n}"))).await;
        let (alice, encryption) = (Arc::new(alice), Arc::clone(&server.encryption));
        let tasks: Vec<_> = (0..1_000)
            .map(|_| {
                let (alice, encryption) = (Arc::clone(&alice), Arc::clone(&encryption));
                tokio::spawn(async move { encryption.claim_keys(claim(&alice)).await.unwrap() })
            })
            .collect();
        let (mut issued, mut empty) = (BTreeSet::new(), 0);
        for task in tasks {
            match task.await.unwrap().keys.remove(&alice.user_id) {
                None => empty += 1,
                Some(mut keys) => {
                    let key = keys.remove(&alice.device_id).unwrap().key_id;
                    assert!(issued.insert(key.clone()), "{key} was issued twice");
                }
            }
        }
        assert_eq!((issued.len(), empty), (keys, 1_000 - keys));
        let counts = server.encryption.key_counts(alice.user, alice.id()).await.unwrap();
        assert_eq!(counts.one_time_keys[ALGORITHM], 0);
    })
    .await;
}

#[tokio::test]
async fn a_claim_wakes_the_device_whose_key_it_takes() {
    on_each_engine(async |server| {
        let alice = server.device("@alice:server.example", "PHONE").await;
        upload(&server, &alice, ["A".to_owned()].into_iter()).await;
        let before = server.position();
        claim_one(&server, &alice).await;
        assert!(server.store.changes.user_changed_since(alice.user, before));
    })
    .await;
}

#[tokio::test]
async fn strangers_have_no_keys_and_other_servers_are_not_reached() {
    on_each_engine(async |server| {
        let alice = server.device("@alice:server.example", "PHONE").await;
        upload(&server, &alice, ["A".to_owned()].into_iter()).await;
        let device = |id: &str, algorithm: &str| [(id.into(), algorithm.to_owned())].into();
        let ask = [
            ("@nobody:server.example".try_into().unwrap(), device("PHONE", ALGORITHM)),
            ("@bob:other.example".try_into().unwrap(), device("PHONE", ALGORITHM)),
            (alice.user_id.clone(), device("PH\0NE", ALGORITHM)),
        ];
        let claimed = server.encryption.claim_keys(ask.into()).await.unwrap();
        assert!(claimed.keys.is_empty());
        assert_eq!(claimed.unreachable.into_iter().collect::<Vec<_>>(), ["other.example"]);
        let other = [(alice.user_id.clone(), device("PHONE", "curve25519"))];
        assert!(server.encryption.claim_keys(other.into()).await.unwrap().keys.is_empty());
    })
    .await;
}
