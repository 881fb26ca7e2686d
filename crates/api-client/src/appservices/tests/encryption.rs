//! Bots that encrypt: messages to their devices, whose keys have changed, how many keys are left.
use super::*;
use crate::encryption::tests::device_keys;

#[tokio::test]
async fn messages_to_devices_of_its_users_arrive_once() {
    for mut stage in Stage::on_each_engine().await {
        let alice = stage.server.user("alice").await;
        let ghost = stage.ghost("irc_bob").await;
        let device = format!("/devices/BOT?user_id={}", encode(&ghost));
        assert_eq!(stage.ask(Method::PUT, &device, json!({})).await.verdict(), "201");
        stage.start().await;
        let send = async |number: usize| {
            let messages = json!({
                (&ghost): { "BOT": { "number": number } },
                (alice.id.as_str()): { "*": { "number": number } },
            });
            let path = format!("/sendToDevice/org.example.test/{number}");
            let reply = alice.put(&path, json!({ "messages": messages })).await;
            assert_eq!(reply.verdict(), "200");
        };
        stage.bridge.answer_with(503);
        send(0).await;
        stage.bridge.until(|bridge| bridge.arrived("to_device").len() == 1).await;
        stage.stop().await;
        send(1).await;
        stage.bridge.asked.lock().clear();
        stage.bridge.answer_with(200);
        stage.start().await;
        stage.bridge.until(|bridge| bridge.arrived("to_device").len() == 2).await;
        let message = |number: usize| {
            let content = json!({ "number": number });
            json!({
                "type": "org.example.test", "sender": "@alice:example.org", "content": content,
                "to_user_id": ghost, "to_device_id": "BOT",
            })
        };
        assert_eq!(stage.bridge.arrived("to_device"), [message(0), message(1)]);
        stage.stop().await;
        stage.bridge.asked.lock().clear();
        stage.start().await;
        send(2).await;
        stage.bridge.until(|bridge| !bridge.arrived("to_device").is_empty()).await;
        assert_eq!(stage.bridge.arrived("to_device"), [message(2)]);
        let (_, body) = stage.bridge.transactions().pop().unwrap();
        let counts = &body["org.matrix.msc3202.device_one_time_keys_count"][&ghost]["BOT"];
        assert_eq!(counts, &json!({ "signed_curve25519": 0 }));
        let fallbacks = &body["org.matrix.msc3202.device_unused_fallback_key_types"][&ghost]["BOT"];
        assert_eq!(fallbacks, &json!([]));
        stage.stop().await;
    }
}

#[tokio::test]
async fn it_uploads_keys_as_its_users_and_learns_whose_have_changed() {
    for mut stage in Stage::on_each_engine().await {
        let (alice, bob) = (stage.server.user("alice").await, stage.server.user("bob").await);
        let room = open_room(&alice).await;
        let ghost = stage.ghost("irc_bob").await;
        stage.ghost_joins(&ghost, &room).await;
        let as_bot = format!("?user_id={}&device_id=BOT", encode(&ghost));
        let device = format!("/devices/BOT?user_id={}", encode(&ghost));
        assert_eq!(stage.ask(Method::PUT, &device, json!({})).await.verdict(), "201");
        stage.start().await;
        let fallback = json!({ "fallback_keys": {} });
        let upload = format!("/keys/upload{as_bot}");
        assert_eq!(stage.ask(Method::POST, &upload, fallback).await.verdict(), "200");
        for user in [&alice, &bob] {
            let keys = json!({ "device_keys": device_keys(user, 1) });
            assert_eq!(user.post("/keys/upload", keys).await.verdict(), "200");
        }
        let changed = |bridge: &Bridge| -> Vec<Value> {
            let transactions = bridge.transactions();
            let lists = transactions.iter().filter_map(|(_, body)| {
                body["org.matrix.msc3202.device_lists"]["changed"].as_array().cloned()
            });
            lists.flatten().collect()
        };
        stage.bridge.until(|bridge| changed(bridge) == ["@alice:example.org"]).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(
            changed(&stage.bridge),
            ["@alice:example.org"],
            "bob is in no room of its users"
        );
        stage.stop().await;
    }
}

#[tokio::test]
async fn it_learns_with_whom_it_shares_no_room_any_more() {
    for mut stage in Stage::on_each_engine().await {
        let (alice, bob) = (stage.server.user("alice").await, stage.server.user("bob").await);
        let (room, other) = (open_room(&alice).await, open_room(&alice).await);
        let ghost = stage.ghost("irc_bob").await;
        for room in [&room, &other] {
            stage.ghost_joins(&ghost, room).await;
        }
        bob.join(&room).await;
        stage.start().await;
        let left = |bridge: &Bridge| -> Vec<Value> {
            let transactions = bridge.transactions();
            let lists = transactions.iter().filter_map(|(_, body)| {
                body["org.matrix.msc3202.device_lists"]["left"].as_array().cloned()
            });
            lists.flatten().collect()
        };
        let leave = |room: &str| format!("/rooms/{}/leave", encode(room));
        assert_eq!(bob.post(&leave(&room), json!({})).await.verdict(), "200");
        stage.bridge.until(|bridge| left(bridge) == ["@bob:example.org"]).await;
        // Alice is still met in the other room, until its user leaves that one, too.
        for room in [&room, &other] {
            let path = format!("{}?user_id={}", leave(room), encode(&ghost));
            assert_eq!(stage.ask(Method::POST, &path, json!({})).await.verdict(), "200");
        }
        stage.bridge.until(|bridge| left(bridge).len() >= 2).await;
        assert_eq!(left(&stage.bridge), ["@bob:example.org", "@alice:example.org"]);
        stage.stop().await;
    }
}
