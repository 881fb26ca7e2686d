mod dehydrated;

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use ed25519_dalek::{Signer as _, SigningKey};
use protocol::canonical;
use serde_json::{Value, json};

use crate::testing::{TestApp, TestUser, encode};

fn public_key(key: &SigningKey) -> String {
    STANDARD_NO_PAD.encode(key.verifying_key().as_bytes())
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

/// Signs an object that has no signatures yet.
fn sign(mut object: Value, user: &TestUser, name: &str, key: &SigningKey) -> Value {
    let text = canonical::to_string(&canonical::object_from(&object).unwrap());
    let signature = STANDARD_NO_PAD.encode(key.sign(text.as_bytes()).to_bytes());
    object["signatures"] = json!({ (user.id.as_str()): { (name): signature } });
    object
}

pub(crate) fn device_keys(user: &TestUser, seed: u8) -> Value {
    let device = &user.device_id;
    let name = format!("ed25519:{device}");
    let keys = json!({
        "user_id": user.id,
        "device_id": device,
        "algorithms": ["m.olm.v1.curve25519-aes-sha2"],
        "keys": { (&name): public_key(&key(seed)), (format!("curve25519:{device}")): public_key(&key(9)) },
    });
    sign(keys, user, &name, &key(seed))
}

fn one_time_key(user: &TestUser, seed: u8) -> Value {
    let name = format!("ed25519:{}", user.device_id);
    sign(json!({ "key": public_key(&key(seed)) }), user, &name, &key(1))
}

fn cross_signing_key(user: &TestUser, usage: &str, own: &SigningKey) -> Value {
    let name = public_key(own);
    json!({ "user_id": user.id, "usage": [usage], "keys": { (format!("ed25519:{name}")): name } })
}

#[tokio::test]
async fn keys_are_published_asked_for_and_claimed() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let upload = json!({
            "device_keys": device_keys(&alice, 1),
            "one_time_keys": { "signed_curve25519:A": one_time_key(&alice, 2) },
            "fallback_keys": { "signed_curve25519:F": one_time_key(&alice, 3) },
        });
        let reply = alice.post("/keys/upload", upload).await;
        assert_eq!(reply.json(), json!({ "one_time_key_counts": { "signed_curve25519": 1 } }));

        let query = json!({ "device_keys": { (alice.id.as_str()): [], "@x:other.example": [] } });
        let reply = bob.post("/keys/query", query).await.json();
        let device = &reply["device_keys"][alice.id.as_str()][&alice.device_id];
        assert_eq!(device["keys"], device_keys(&alice, 1)["keys"]);
        assert!(device["unsigned"].is_object());
        assert!(reply["failures"]["other.example"].is_object());

        let claim = json!({ "one_time_keys": { (alice.id.as_str()): { (&alice.device_id): "signed_curve25519" } } });
        for expected in ["signed_curve25519:A", "signed_curve25519:F", "signed_curve25519:F"] {
            let reply = bob.post("/keys/claim", claim.clone()).await.json();
            let keys = &reply["one_time_keys"][alice.id.as_str()][&alice.device_id];
            assert!(keys[expected]["signatures"].is_object(), "{expected}: {reply}");
        }
    }
}

#[tokio::test]
async fn bad_keys_are_refused_with_the_code_that_fits() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let mut forged = device_keys(&alice, 1);
        forged["algorithms"] = json!([]);
        let mut other = device_keys(&alice, 1);
        other["device_id"] = json!("OTHER");
        let float = json!({ "one_time_keys": { "x:A": { "key": 1.5 } } });
        for (body, expected) in [
            (json!({ "device_keys": forged }), "400 M_INVALID_SIGNATURE"),
            (json!({ "device_keys": other }), "400 M_INVALID_PARAM"),
            (json!({ "device_keys": [] }), "400 M_BAD_JSON"),
            (json!({ "one_time_keys": { "nocolon": "x" } }), "400 M_INVALID_PARAM"),
            (float, "400 M_BAD_JSON"),
        ] {
            assert_eq!(
                alice.post("/keys/upload", body.clone()).await.verdict(),
                expected,
                "{body}"
            );
        }
        assert_eq!(alice.post("/keys/query", json!({})).await.verdict(), "400 M_BAD_JSON");
        assert_eq!(
            alice.post("/keys/claim", json!({ "one_time_keys": 1 })).await.verdict(),
            "400 M_BAD_JSON"
        );
        for query in ["from=x&to=y", "from=s1_0_0&to=s99_0_0", "from=s1_0_0"] {
            let reply = alice.get(&format!("/keys/changes?{query}")).await;
            assert!(reply.verdict().starts_with("400 M_"), "{query}: {}", reply.verdict());
        }
    }
}

#[tokio::test]
async fn cross_signing_keys_are_replaced_only_with_a_password() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let upload =
            |master: u8| json!({ "master_key": cross_signing_key(&alice, "master", &key(master)) });
        let path = "/keys/device_signing/upload";
        for _ in 0..2 {
            assert_eq!(alice.post(path, upload(1)).await.verdict(), "200", "nothing is replaced");
        }
        let challenge = alice.post(path, upload(2)).await;
        assert_eq!(challenge.status, 401);
        let mut confirmed = upload(2);
        confirmed["auth"] = json!({
            "type": "m.login.password",
            "session": challenge.json()["session"],
            "identifier": { "type": "m.id.user", "user": alice.id },
            "password": "wrong",
        });
        assert_eq!(alice.post(path, confirmed.clone()).await.verdict(), "401 M_FORBIDDEN");
        confirmed["auth"]["password"] = json!(alice.password);
        assert_eq!(alice.post(path, confirmed).await.verdict(), "200");
        let query = json!({ "device_keys": { (alice.id.as_str()): [] } });
        let reply = alice.post("/keys/query", query).await.json();
        assert_eq!(
            reply["master_keys"][alice.id.as_str()]["keys"],
            upload(2)["master_key"]["keys"]
        );

        let mut unsigned = upload(2);
        unsigned["self_signing_key"] = cross_signing_key(&alice, "self_signing", &key(3));
        assert_eq!(alice.post(path, unsigned).await.verdict(), "400 M_INVALID_SIGNATURE");
        assert_eq!(alice.post(path, json!({})).await.verdict(), "400 M_MISSING_PARAM");
    }
}

#[tokio::test]
async fn signatures_fail_one_by_one() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let master = key(1);
        let name = format!("ed25519:{}", public_key(&master));
        let own = cross_signing_key(&alice, "self_signing", &key(2));
        let keys = json!({
            "master_key": cross_signing_key(&alice, "master", &master),
            "self_signing_key": sign(own, &alice, &name, &master),
        });
        alice.post("/keys/device_signing/upload", keys).await;
        alice.post("/keys/upload", json!({ "device_keys": device_keys(&alice, 1) })).await;
        let mut device = device_keys(&alice, 1);
        device.as_object_mut().unwrap().remove("signatures");
        let signer = format!("ed25519:{}", public_key(&key(2)));
        let good = sign(device.clone(), &alice, &signer, &key(2));
        let bad = sign(device, &alice, &signer, &key(3));
        let upload = |object: Value, name: &str| json!({ (alice.id.as_str()): { (name): object } });
        let path = "/keys/signatures/upload";
        let reply = alice.post(path, upload(good.clone(), &alice.device_id)).await;
        assert_eq!(reply.json(), json!({ "failures": {} }));
        for (object, name, expected) in
            [(bad, alice.device_id.as_str(), "M_INVALID_SIGNATURE"), (good, "NONE", "M_NOT_FOUND")]
        {
            let reply = alice.post(path, upload(object, name)).await.json();
            assert_eq!(reply["failures"][alice.id.as_str()][name]["errcode"], expected, "{reply}");
        }
    }
}

#[tokio::test]
async fn a_message_to_a_device_arrives_in_its_sync_once() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let body = json!({ "messages": { (bob.id.as_str()): { "*": { "secret": "x" } } } });
        for _ in 0..2 {
            let reply = alice.put("/sendToDevice/m.test/t1", body.clone()).await;
            assert_eq!(reply.json(), json!({}));
        }
        let first = bob.get("/sync").await.json();
        let expected =
            json!([{ "type": "m.test", "sender": alice.id, "content": { "secret": "x" } }]);
        assert_eq!(first["to_device"]["events"], expected);
        assert_eq!(first["device_one_time_keys_count"], json!({ "signed_curve25519": 0 }));
        let since = first["next_batch"].as_str().unwrap();
        let next = bob.get(&format!("/sync?since={since}")).await.json();
        assert!(next["to_device"]["events"].as_array().is_none_or(Vec::is_empty), "{next}");
        for (path, body, expected) in [
            ("/sendToDevice/m.test/t2", json!({}), "400 M_BAD_JSON"),
            (
                "/sendToDevice/m.test/t2",
                json!({ "messages": { "@b:x": { "*": 1 } } }),
                "400 M_BAD_JSON",
            ),
            ("/sendToDevice/a%00b/t2", body.clone(), "400 M_INVALID_PARAM"),
        ] {
            assert_eq!(alice.put(path, body).await.verdict(), expected, "{path}");
        }
    }
}

#[tokio::test]
async fn those_in_a_room_learn_of_new_keys() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let room = bob.create_room(json!({ "preset": "public_chat" })).await;
        let before = bob.get("/sync").await.json()["next_batch"].as_str().unwrap().to_owned();
        alice.join(&room).await;
        let joined = bob.get(&format!("/sync?since={before}")).await.json();
        let met = joined["device_lists"]["changed"].as_array().unwrap();
        assert!(met.contains(&json!(alice.id)), "{joined}");
        let since = joined["next_batch"].as_str().unwrap();
        alice.post("/keys/upload", json!({ "device_keys": device_keys(&alice, 1) })).await;
        let changed = bob.get(&format!("/sync?since={since}")).await.json();
        assert_eq!(changed["device_lists"]["changed"], json!([alice.id]));
        let now = changed["next_batch"].as_str().unwrap();
        let between = bob.get(&format!("/keys/changes?from={since}&to={now}")).await.json();
        assert_eq!(between, json!({ "changed": [alice.id], "left": [] }));
        alice.post(&format!("/rooms/{}/leave", encode(&room)), json!({})).await;
        let parted = bob.get(&format!("/sync?since={now}")).await.json();
        assert_eq!(parted["device_lists"]["left"], json!([alice.id]));
    }
}

#[tokio::test]
async fn a_backup_is_written_read_and_deleted() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        assert_eq!(alice.get("/room_keys/version").await.verdict(), "404 M_NOT_FOUND");
        let version = json!({ "algorithm": "m.megolm_backup.v1.curve25519-aes-sha2", "auth_data": { "public_key": "x" } });
        assert_eq!(
            alice.post("/room_keys/version", version.clone()).await.json(),
            json!({ "version": "1" })
        );
        let key = |index: u32| {
            json!({
                "first_message_index": index, "forwarded_count": 0, "is_verified": true, "session_data": { "n": index },
            })
        };
        let all = json!({ "rooms": { "!a:x": { "sessions": { "s1": key(5), "s2": key(5) } } } });
        let stored = alice.put("/room_keys/keys?version=1", all.clone()).await.json();
        assert_eq!(stored["count"], 2);
        assert_eq!(alice.get("/room_keys/keys?version=1").await.json(), all);
        let better = alice.put("/room_keys/keys/%21a:x/s1?version=1", key(3)).await.json();
        assert_ne!(better["etag"], stored["etag"]);
        assert_eq!(alice.get("/room_keys/keys/%21a:x/s1?version=1").await.json(), key(3));
        let room = alice.get("/room_keys/keys/%21a:x?version=1").await.json();
        assert_eq!(room, json!({ "sessions": { "s1": key(3), "s2": key(5) } }));
        assert_eq!(
            alice.get("/room_keys/keys/%21b:x?version=1").await.json(),
            json!({ "sessions": {} })
        );
        let current = alice.get("/room_keys/version").await.json();
        assert_eq!(
            (&current["count"], &current["etag"], &current["version"]),
            (&json!(2), &better["etag"], &json!("1"))
        );

        alice.post("/room_keys/version", version.clone()).await;
        let refused = alice.put("/room_keys/keys?version=1", all).await;
        assert_eq!(refused.verdict(), "403 M_WRONG_ROOM_KEYS_VERSION");
        assert_eq!(refused.json()["current_version"], "2");
        assert_eq!(alice.delete("/room_keys/keys?version=1").await.json()["count"], 0);
        assert_eq!(alice.delete("/room_keys/version/1").await.json(), json!({}));
        for (reply, expected) in [
            (alice.get("/room_keys/version/1").await, "404 M_NOT_FOUND"),
            (alice.get("/room_keys/keys/%21a:x/s1?version=2").await, "404 M_NOT_FOUND"),
            (alice.get("/room_keys/keys").await, "400 M_MISSING_PARAM"),
            (alice.put("/room_keys/keys/%21a:x/s1?version=2", json!({})).await, "400 M_BAD_JSON"),
            (
                alice
                    .put("/room_keys/version/2", json!({ "algorithm": "x", "auth_data": {} }))
                    .await,
                "400 M_INVALID_PARAM",
            ),
            (
                alice
                    .put("/room_keys/version/2", json!({ "algorithm": "x", "auth_data": 1 }))
                    .await,
                "400 M_BAD_JSON",
            ),
        ] {
            assert_eq!(reply.verdict(), expected, "{}", reply.json());
        }
    }
}

#[tokio::test]
async fn a_closed_account_leaves_no_keys() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let master = json!({ "master_key": cross_signing_key(&alice, "master", &key(1)) });
        assert_eq!(alice.post("/keys/device_signing/upload", master).await.verdict(), "200");
        let version =
            json!({ "algorithm": "m.megolm_backup.v1.curve25519-aes-sha2", "auth_data": {} });
        let version = alice.post("/room_keys/version", version).await.json()["version"].clone();
        let path = format!("/room_keys/keys/!r:x/s?version={}", version.as_str().unwrap());
        let session = json!({
            "first_message_index": 0, "forwarded_count": 0, "is_verified": false, "session_data": {},
        });
        assert_eq!(alice.put(&path, session).await.verdict(), "200");
        let query = json!({ "device_keys": { (alice.id.as_str()): [] } });
        let of_alice = async || bob.post("/keys/query", query.clone()).await.json();
        assert!(of_alice().await["master_keys"][alice.id.as_str()].is_object());
        app.app.accounts.deactivate_user(&alice.id, false).await.unwrap();
        let after = of_alice().await;
        assert_eq!(after["master_keys"], json!({}));
        assert_eq!(after["device_keys"][alice.id.as_str()], json!({}));
        let count = "SELECT COUNT(*) FROM key_backup_sessions";
        let db = &app.app.rooms.store().db;
        let rows = db::Read::query(db, count, db::params![]).await.unwrap();
        assert_eq!(rows[0].get::<i64>(0).unwrap(), 0);
    }
}
