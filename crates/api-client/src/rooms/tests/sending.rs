use serde_json::json;

use crate::testing::{TestApp, encode};

#[tokio::test]
async fn a_transaction_sends_once_for_each_device_and_type() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let room = encode(&alice.create_room(json!({})).await);
        let send = async |kind: &str, id: &str, body: &str| {
            let path = format!("/rooms/{room}/send/{kind}/{id}");
            alice.put(&path, json!({ "msgtype": "m.text", "body": body })).await.json()["event_id"]
                .clone()
        };
        let first = send("m.room.message", "1", "hello").await;
        assert_eq!(send("m.room.message", "1", "something else").await, first);
        assert_ne!(send("m.room.message", "2", "hello").await, first);
        assert_ne!(send("m.reaction", "1", "hello").await, first);
        let event = alice
            .get(&format!("/rooms/{room}/event/{}", encode(first.as_str().unwrap())))
            .await
            .json();
        assert_eq!(event["content"]["body"], "hello");
        assert_eq!(event["unsigned"]["transaction_id"], "1");
        assert_eq!(event["sender"], alice.id.as_str());
    }
}

#[tokio::test]
async fn state_is_read_whole_or_as_content_with_and_without_a_key() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let room = encode(&alice.create_room(json!({})).await);
        for (path, value) in [("org.x", 1), ("org.x/", 2), ("org.x/a%2Fb", 3)] {
            let reply =
                alice.put(&format!("/rooms/{room}/state/{path}"), json!({ "v": value })).await;
            assert_eq!(reply.verdict(), "200", "{path}");
        }
        let get = async |path: &str| alice.get(&format!("/rooms/{room}/state/{path}")).await;
        assert_eq!(get("org.x").await.json(), json!({ "v": 2 }));
        assert_eq!(get("org.x/").await.json(), json!({ "v": 2 }));
        assert_eq!(get("org.x/a%2Fb").await.json(), json!({ "v": 3 }));
        let whole = get("org.x/a%2Fb?format=event").await.json();
        assert_eq!((&whole["state_key"], &whole["content"]), (&json!("a/b"), &json!({ "v": 3 })));
        assert_eq!(get("org.x/c").await.verdict(), "404 M_NOT_FOUND");
        assert_eq!(get("org.x?format=poem").await.verdict(), "400 M_INVALID_PARAM");
    }
}

#[tokio::test]
async fn a_redaction_empties_an_event_for_everybody() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let room = alice.create_room(json!({ "preset": "public_chat" })).await;
        bob.join(&room).await;
        let event = alice.say(&room, "oops").await;
        let (room, event) = (encode(&room), encode(&event));
        let path = format!("/rooms/{room}/redact/{event}/1");
        assert_eq!(bob.put(&path, json!({})).await.verdict(), "403 M_FORBIDDEN");
        let redaction =
            alice.put(&path, json!({ "reason": "typo" })).await.json()["event_id"].clone();
        let left = bob.get(&format!("/rooms/{room}/event/{event}")).await.json();
        assert_eq!(left["content"], json!({}));
        assert_eq!(left["unsigned"]["redacted_because"]["event_id"], redaction);
        assert_eq!(left["unsigned"]["redacted_because"]["content"]["reason"], "typo");
    }
}

#[tokio::test]
async fn a_canonical_alias_must_lead_to_the_room() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let room = alice.create_room(json!({ "room_alias_name": "here" })).await;
        let path = format!("/rooms/{}/state/m.room.canonical_alias", encode(&room));
        for (content, expected) in [
            (json!({ "alias": "#here:example.org" }), "200"),
            (json!({ "alias": "#there:example.org" }), "400 M_BAD_ALIAS"),
            (json!({ "alt_aliases": ["#there:example.org"] }), "400 M_BAD_ALIAS"),
            (json!({ "alias": "there" }), "400 M_INVALID_PARAM"),
        ] {
            let reply = alice.put(&path, content.clone()).await;
            assert_eq!(reply.verdict(), expected, "{content}: {}", reply.json());
        }
    }
}
