use serde_json::{Value, json};

use super::{key, public_key, sign};
use crate::testing::{TestApp, TestUser, encode};

const DEVICE: &str = "/_matrix/client/unstable/org.matrix.msc3814.v1/dehydrated_device";

fn dehydrated(user: &TestUser, id: &str, seed: u8) -> Value {
    let name = format!("ed25519:{id}");
    let keys = json!({
        "user_id": user.id, "device_id": id, "dehydrated": true,
        "algorithms": ["m.olm.v1.curve25519-aes-sha2"],
        "keys": { (&name): public_key(&key(seed)), (format!("curve25519:{id}")): public_key(&key(9)) },
    });
    let one_time = sign(json!({ "key": public_key(&key(8)) }), user, &name, &key(seed));
    json!({
        "device_id": id,
        "device_data": { "algorithm": "org.matrix.msc3814.v2.aead", "device_pickle": "secret" },
        "initial_device_display_name": "waiting",
        "device_keys": sign(keys, user, &name, &key(seed)),
        "one_time_keys": { "signed_curve25519:A": one_time },
    })
}

async fn events(user: &TestUser, id: &str, body: Value) -> Value {
    let reply = user.post(&format!("{DEVICE}/{}/events", encode(id)), body).await;
    assert_eq!(reply.verdict(), "200", "{}", reply.json());
    reply.json()
}

#[tokio::test]
async fn a_device_waits_for_messages_and_is_brought_to_life() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        assert_eq!(alice.get(DEVICE).await.verdict(), "404 M_NOT_FOUND");
        assert_eq!(alice.delete(DEVICE).await.verdict(), "404 M_NOT_FOUND");
        let put = alice.put(DEVICE, dehydrated(&alice, "WAITING", 1)).await;
        assert_eq!(put.json(), json!({ "device_id": "WAITING" }));
        let found = alice.get(DEVICE).await.json();
        assert_eq!(found["device_id"], "WAITING");
        assert_eq!(found["device_data"]["device_pickle"], "secret");
        assert_eq!(bob.get(DEVICE).await.verdict(), "404 M_NOT_FOUND");

        // Others find its keys, and write to it.
        let query = json!({ "device_keys": { (alice.id.as_str()): [] } });
        let keys = bob.post("/keys/query", query).await.json();
        assert_eq!(keys["device_keys"][alice.id.as_str()]["WAITING"]["dehydrated"], true);
        let wish =
            json!({ "one_time_keys": { (alice.id.as_str()): { "WAITING": "signed_curve25519" } } });
        let claimed = bob.post("/keys/claim", wish).await.json();
        assert!(claimed["one_time_keys"][alice.id.as_str()]["WAITING"].is_object(), "{claimed}");
        for number in 0..3 {
            let message =
                json!({ "messages": { (alice.id.as_str()): { "WAITING": { "n": number } } } });
            let path = format!("/sendToDevice/m.room.encrypted/{number}");
            assert_eq!(bob.put(&path, message).await.verdict(), "200");
        }
        let read = events(&alice, "WAITING", json!({})).await;
        let numbers: Vec<_> = read["events"]
            .as_array()
            .unwrap()
            .iter()
            .map(|event| event["content"]["n"].clone())
            .collect();
        assert_eq!(numbers, [0, 1, 2].map(Value::from));
        let next = json!({ "next_batch": read["next_batch"] });
        assert_eq!(events(&alice, "WAITING", next).await["events"], json!([]));
        let again = events(&alice, "WAITING", json!({})).await;
        assert_eq!(again["events"].as_array().unwrap().len(), 3, "they stay until the device goes");

        // Another one takes its place.
        assert_eq!(alice.put(DEVICE, dehydrated(&alice, "SECOND", 2)).await.verdict(), "200");
        let devices = alice.get("/devices").await.json();
        let ids: Vec<_> = devices["devices"]
            .as_array()
            .unwrap()
            .iter()
            .map(|device| device["device_id"].clone())
            .collect();
        assert_eq!(ids, [json!(alice.device_id), json!("SECOND")]);
        let gone = format!("{DEVICE}/WAITING/events");
        assert_eq!(alice.post(&gone, json!({})).await.verdict(), "403 M_FORBIDDEN");
        assert_eq!(events(&alice, "SECOND", json!({})).await["events"], json!([]));
        assert_eq!(alice.delete(DEVICE).await.json(), json!({ "device_id": "SECOND" }));
        assert_eq!(alice.get(DEVICE).await.verdict(), "404 M_NOT_FOUND");
        assert_eq!(alice.post(&gone, json!({})).await.verdict(), "404 M_NOT_FOUND");
    }
}

#[tokio::test]
async fn what_is_no_device_does_not_wait() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let good = dehydrated(&alice, "WAITING", 1);
        let with = |field: &str, value: Value| {
            let mut body = good.clone();
            body[field] = value;
            body
        };
        for (body, verdict) in [
            (with("device_id", json!("OTHER")), "400 M_INVALID_PARAM"),
            (with("device_id", json!("")), "400 M_INVALID_PARAM"),
            (dehydrated(&alice, &alice.device_id, 1), "400 M_INVALID_PARAM"),
            (with("device_keys", Value::Null), "400 M_MISSING_PARAM"),
            (with("device_data", json!("x")), "400 M_BAD_JSON"),
            (with("device_data", json!({ "x": "x".repeat(300_000) })), "413 M_TOO_LARGE"),
        ] {
            let reply = alice.put(DEVICE, body).await;
            assert_eq!(reply.verdict(), verdict, "{}", reply.json());
        }
        assert_eq!(alice.get(DEVICE).await.verdict(), "404 M_NOT_FOUND");
        assert_eq!(alice.put(DEVICE, good).await.verdict(), "200");
        let path = format!("{DEVICE}/WAITING/events");
        for token in ["", "x", "d", "d-1", "dx"] {
            let reply = alice.post(&path, json!({ "next_batch": token })).await;
            assert_eq!(reply.verdict(), "400 M_INVALID_PARAM", "{token}");
        }
        // Removed like any other device, it is gone here too.
        assert_eq!(alice.post("/logout/all", json!({})).await.verdict(), "200");
        let user = app.app.accounts.user(&alice.id).await.unwrap().unwrap();
        assert!(app.app.encryption.dehydrated_device(user.user_num).await.is_err());
    }
}
