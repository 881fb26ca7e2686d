//! The extensions.
use serde_json::{Value, json};

use super::{Connection, first, named};
use crate::testing::{TestApp, TestUser, encode};

fn with(extensions: Value) -> Value {
    let mut body = first(1, 2, json!([]));
    body["extensions"] = extensions;
    body
}

async fn read(user: &TestUser, room: &str, kind: &str, event: &str) {
    let path = format!("/rooms/{}/receipt/{kind}/{}", encode(room), encode(event));
    assert_eq!(user.post(&path, json!({})).await.verdict(), "200");
}

async fn send_to(from: &TestUser, to: &TestUser, number: u32) {
    let messages =
        json!({ "messages": { to.id.as_str(): { &to.device_id: { "number": number } } } });
    let reply = from.put(&format!("/sendToDevice/org.example.kind/{number}"), messages).await;
    assert_eq!(reply.verdict(), "200");
}

fn numbers(answer: &Value) -> Vec<i64> {
    let events = answer["extensions"]["to_device"]["events"].as_array().unwrap();
    events.iter().map(|event| event["content"]["number"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn messages_to_a_device_stay_until_they_have_arrived() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        for number in 0..5 {
            send_to(&bob, &ada, number).await;
        }
        let body = |since: Option<&str>| json!({ "extensions": { "to_device": { "enabled": true, "limit": 2, "since": since } } });
        let mut connection = Connection::new(&ada, "encryption");
        let answer = connection.ask(body(None)).await;
        assert_eq!(numbers(&answer), [0, 1]);
        // Not acknowledged: they come again, also on another connection.
        assert_eq!(numbers(&connection.ask(body(None)).await), [0, 1]);
        assert_eq!(numbers(&Connection::new(&ada, "d").ask(body(None)).await), [0, 1]);
        let next = answer["extensions"]["to_device"]["next_batch"].as_str().unwrap().to_owned();
        // There are more, which is said at once.
        let begun = std::time::Instant::now();
        let answer = connection.wait(body(Some(&next)), 20_000).await;
        assert!(begun.elapsed().as_secs() < 10);
        assert_eq!(numbers(&answer), [2, 3]);
        // The first two are gone.
        assert_eq!(numbers(&Connection::new(&ada, "d").ask(body(None)).await), [2, 3]);
        let next = answer["extensions"]["to_device"]["next_batch"].as_str().unwrap().to_owned();
        assert_eq!(numbers(&connection.ask(body(Some(&next))).await), [4]);
        // Without the extension, nothing is said of them, and nothing is lost.
        assert_eq!(connection.ask(json!({})).await["extensions"], json!({}));
        let answer = connection.ask(body(Some(&next))).await;
        assert_eq!(numbers(&answer), [4]);
        let next = answer["extensions"]["to_device"]["next_batch"].as_str().unwrap().to_owned();
        assert!(numbers(&connection.ask(body(Some(&next))).await).is_empty());
        assert!(numbers(&Connection::new(&ada, "d").ask(body(None)).await).is_empty());
    }
}

#[tokio::test]
async fn keys_and_device_lists() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let room = ada.create_room(named("room")).await;
        let body = || json!({ "extensions": { "e2ee": { "enabled": true } } });
        let mut connection = Connection::new(&ada, "encryption");
        let answer = connection.ask(body()).await;
        let e2ee = &answer["extensions"]["e2ee"];
        assert_eq!(e2ee["device_one_time_keys_count"], json!({ "signed_curve25519": 0 }));
        assert_eq!(e2ee["device_unused_fallback_key_types"], json!([]));
        assert!(e2ee.get("device_lists").is_none());
        bob.join(&room).await;
        let answer = connection.ask(body()).await;
        let lists = &answer["extensions"]["e2ee"]["device_lists"];
        assert!(lists["changed"].as_array().unwrap().contains(&json!(bob.id)), "{answer}");
        let reply = bob.post(&format!("/rooms/{}/leave", encode(&room)), json!({})).await;
        assert_eq!(reply.verdict(), "200");
        let answer = connection.ask(body()).await;
        assert_eq!(answer["extensions"]["e2ee"]["device_lists"]["left"], json!([bob.id]));
        assert!(connection.ask(body()).await["extensions"]["e2ee"].get("device_lists").is_none());
    }
}

#[tokio::test]
async fn account_data_is_told_once_and_then_as_it_changes() {
    for app in TestApp::on_each_engine().await {
        let ada = app.user("ada").await;
        let (hidden, shown) =
            (ada.create_room(named("hidden")).await, ada.create_room(named("shown")).await);
        let own = format!("/user/{}", encode(ada.id.as_str()));
        let set = async |path: String, content: Value| {
            assert_eq!(ada.put(&format!("{own}{path}"), content).await.verdict(), "200");
        };
        set("/account_data/org.example.a".to_owned(), json!({ "x": 1 })).await;
        for room in [&hidden, &shown] {
            let path = format!("/rooms/{}/account_data/org.example.b", encode(room));
            set(path, json!({ "x": 1 })).await;
        }
        let body = || with(json!({ "account_data": { "enabled": true } }));
        let mut connection = Connection::new(&ada, "c");
        let answer = connection.ask(body()).await;
        let data = &answer["extensions"]["account_data"];
        let globals = data["global"].as_array().unwrap();
        let mine = json!({ "type": "org.example.a", "content": { "x": 1 } });
        assert!(globals.contains(&mine), "{data}");
        let theirs = json!({ &shown: [{ "type": "org.example.b", "content": { "x": 1 } }] });
        assert_eq!(data["rooms"], theirs);

        set("/account_data/org.example.a".to_owned(), json!({ "x": 2 })).await;
        let path = format!("/rooms/{}/account_data/org.example.b", encode(&hidden));
        set(path, json!({ "x": 2 })).await;
        let answer = connection.ask(body()).await;
        let data = &answer["extensions"]["account_data"];
        assert_eq!(data["global"], json!([{ "type": "org.example.a", "content": { "x": 2 } }]));
        assert_eq!(data["rooms"], json!({}));
        assert!(connection.ask(body()).await["extensions"].get("account_data").is_none());
        // The other room comes into the window.
        ada.say(&hidden, "here I am").await;
        let answer = connection.ask(body()).await;
        let theirs = json!({ &hidden: [{ "type": "org.example.b", "content": { "x": 2 } }] });
        assert_eq!(answer["extensions"]["account_data"]["rooms"], theirs);
        // Its data is told from now on, wherever it is.
        ada.say(&shown, "me too").await;
        connection.ask(body()).await;
        let path = format!("/rooms/{}/account_data/org.example.b", encode(&hidden));
        set(path, json!({ "x": 3 })).await;
        let answer = connection.ask(body()).await;
        let theirs = json!({ &hidden: [{ "type": "org.example.b", "content": { "x": 3 } }] });
        assert_eq!(answer["extensions"]["account_data"]["rooms"], theirs);
    }
}

#[tokio::test]
async fn receipts_of_the_timeline_and_ones_own() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let room = ada.create_room(named("room")).await;
        bob.join(&room).await;
        let old = ada.say(&room, "old").await;
        read(&bob, &room, "m.read", &old).await;
        read(&bob, &room, "m.read.private", &old).await;
        read(&ada, &room, "m.read.private", &old).await;
        let mut events = Vec::new();
        for words in ["one", "two", "three"] {
            events.push(ada.say(&room, words).await);
        }
        let body = || with(json!({ "receipts": { "enabled": true } }));
        let mut connection = Connection::new(&ada, "c");
        let answer = connection.ask(body()).await;
        // Bob's is for an event that the client has not got; others' private ones are nobody's business.
        let receipts = &answer["extensions"]["receipts"]["rooms"][&room];
        assert_eq!(receipts["type"], "m.receipt");
        let content = receipts["content"].as_object().unwrap();
        assert_eq!(content.len(), 1);
        assert!(content[&old]["m.read.private"].get(ada.id.as_str()).is_some());
        assert!(content[&old].get("m.read").is_none());

        read(&bob, &room, "m.read", &events[2]).await;
        let answer = connection.ask(body()).await;
        let content = &answer["extensions"]["receipts"]["rooms"][&room]["content"];
        assert!(content[&events[2]]["m.read"].get(bob.id.as_str()).is_some());
        assert!(connection.ask(body()).await["extensions"].get("receipts").is_none());
        // For a client that comes now, it is part of the timeline.
        let answer = Connection::new(&ada, "d").ask(body()).await;
        let content = &answer["extensions"]["receipts"]["rooms"][&room]["content"];
        assert!(content[&events[2]]["m.read"].get(bob.id.as_str()).is_some());
        // The user's own from another client.
        read(&ada, &room, "m.read.private", &events[1]).await;
        let answer = connection.ask(body()).await;
        let content = &answer["extensions"]["receipts"]["rooms"][&room]["content"];
        assert!(content[&events[1]]["m.read.private"].get(ada.id.as_str()).is_some());
    }
}

#[tokio::test]
async fn selectors_choose_lists_and_subscriptions() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let (listed, subscribed) =
            (ada.create_room(named("listed")).await, ada.create_room(named("subscribed")).await);
        for room in [&listed, &subscribed] {
            bob.join(room).await;
        }
        // The first in the list is `listed`.
        ada.say(&listed, "hello").await;
        let cases = [
            (json!({}), vec![&listed, &subscribed]),
            (json!({ "lists": [] }), vec![&subscribed]),
            (json!({ "rooms": [] }), vec![&listed]),
            (json!({ "lists": ["all"], "rooms": [] }), vec![&listed]),
            (json!({ "lists": ["other"], "rooms": ["*"] }), vec![&subscribed]),
            (json!({ "lists": [], "rooms": [subscribed] }), vec![&subscribed]),
            (json!({ "lists": [], "rooms": [listed] }), vec![]),
            (json!({ "lists": [], "rooms": [] }), vec![]),
        ];
        for (mut selector, expected) in cases {
            selector["enabled"] = json!(true);
            let body = || {
                let mut body = with(json!({ "typing": selector, "receipts": selector }));
                body["room_subscriptions"] = json!({
                    &subscribed: { "timeline_limit": 1, "required_state": [] },
                });
                body
            };
            let mut connection = Connection::new(&ada, "c");
            connection.ask(body()).await;
            for room in [&listed, &subscribed] {
                let path = format!("/rooms/{}/typing/{}", encode(room), encode(bob.id.as_str()));
                for typing in [false, true] {
                    let body = json!({ "typing": typing, "timeout": 30_000 });
                    assert_eq!(bob.put(&path, body).await.verdict(), "200");
                }
            }
            let answer = connection.ask(body()).await;
            let typing = answer["extensions"]["typing"]["rooms"].as_object().cloned();
            let mut told: Vec<_> = typing.unwrap_or_default().keys().cloned().collect();
            let mut expected: Vec<_> = expected.into_iter().cloned().collect();
            told.sort();
            expected.sort();
            assert_eq!(told, expected, "{selector}");
        }
    }
}

#[tokio::test]
async fn an_extension_that_is_not_known_is_ignored() {
    for app in TestApp::on_each_engine().await {
        let ada = app.user("ada").await;
        let body = json!({ "extensions": {
            "io.element.msc4308.thread_subscriptions": { "enabled": true, "limit": 10 },
            "org.example": "anything",
            "typing": { "enabled": false },
            "e2ee": null,
        } });
        assert_eq!(Connection::new(&ada, "c").ask(body).await["extensions"], json!({}));
    }
}
