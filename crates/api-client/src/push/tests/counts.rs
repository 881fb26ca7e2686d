//! How much is unread under the server's rules.
use http::Method;
use serde_json::json;

use super::unread::Chat;
use crate::testing::{TestApp, encode};

#[tokio::test]
async fn messages_of_others_are_unread_until_they_are_read() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let chat = Chat::new(&app, &[&alice, &bob]).await;
        assert_eq!(chat.unread(&bob).await, (0, 0));
        let first = chat.say(&alice, "1").await;
        let second = chat.say(&alice, "2").await;
        let third = chat.say(&alice, "3").await;
        assert_eq!(chat.unread(&bob).await, (3, 0));
        assert_eq!(chat.unread(&alice).await, (0, 0), "one's own events are read");
        assert_eq!(chat.read(&bob, "m.fully_read", &third, None).await, "200");
        assert_eq!(chat.unread(&bob).await, (3, 0), "a fully read marker is no receipt");
        assert_eq!(chat.read(&bob, "m.read", &second, None).await, "200");
        assert_eq!(chat.unread(&bob).await, (1, 0));
        assert_eq!(chat.read(&bob, "m.read", &first, None).await, "200");
        assert_eq!(chat.unread(&bob).await, (1, 0), "nothing becomes unread again");
        assert_eq!(chat.read(&bob, "m.read.private", &third, None).await, "200");
        assert_eq!(chat.unread(&bob).await, (0, 0));
        chat.say(&alice, "4").await;
        chat.say(&alice, "5").await;
        assert_eq!(chat.unread(&bob).await, (2, 0));
        chat.say(&bob, "6").await;
        assert_eq!(chat.unread(&bob).await, (0, 0), "who answers has read");
        assert_eq!(chat.unread(&alice).await, (1, 0));
        let path = format!("/rooms/{}/read_markers", encode(&chat.id));
        let last = chat.say(&bob, "7").await;
        let markers = json!({ "m.fully_read": last, "m.read": last });
        assert_eq!(alice.post(&path, markers).await.verdict(), "200");
        assert_eq!(chat.unread(&alice).await, (0, 0));
    }
}

#[tokio::test]
async fn only_what_notifies_is_counted() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let chat = Chat::new(&app, &[&alice, &bob]).await;
        let message = chat.say(&alice, "hello").await;
        chat.send(&alice, "m.room.encrypted", json!({ "algorithm": "m.x", "ciphertext": "x" }))
            .await;
        chat.send(&alice, "m.call.invite", json!({})).await;
        assert_eq!(chat.unread(&bob).await, (3, 0));
        let relation = |kind: &str| json!({ "rel_type": kind, "event_id": message, "key": "x" });
        for (kind, content) in [
            ("m.room.message", json!({ "msgtype": "m.notice", "body": "beep" })),
            ("m.room.message", json!({ "body": "*", "m.relates_to": relation("m.replace") })),
            ("m.reaction", json!({ "m.relates_to": relation("m.annotation") })),
            ("org.example.other", json!({})),
        ] {
            chat.send(&alice, kind, content).await;
        }
        let topic = format!("/rooms/{}/state/m.room.topic", encode(&chat.id));
        assert_eq!(alice.put(&topic, json!({ "topic": "x" })).await.verdict(), "200");
        assert_eq!(chat.unread(&bob).await, (3, 0));
        let tombstone = format!("/rooms/{}/state/m.room.tombstone", encode(&chat.id));
        let content = json!({ "body": "moved", "replacement_room": "!x:example.org" });
        assert_eq!(alice.put(&tombstone, content).await.verdict(), "200");
        assert_eq!(chat.unread(&bob).await, (4, 1));
        assert_eq!(chat.unread(&alice).await, (0, 0));
    }
}

#[tokio::test]
async fn mentions_highlight_for_those_mentioned() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let carol = app.user("carol").await;
        let chat = Chat::new(&app, &[&alice, &bob, &carol]).await;
        chat.mention(&alice, &[&bob, &bob, &alice]).await;
        assert_eq!(chat.unread(&bob).await, (1, 1));
        assert_eq!(chat.unread(&carol).await, (1, 0));
        let quiet =
            json!({ "msgtype": "m.notice", "body": "", "m.mentions": { "user_ids": [carol.id] } });
        chat.send(&alice, "m.room.message", quiet).await;
        assert_eq!(chat.unread(&carol).await, (1, 0), "no notice notifies");
        let in_state = json!({ "m.mentions": { "user_ids": [carol.id, "nobody", 5] } });
        chat.send(&alice, "org.example.other", in_state).await;
        assert_eq!(chat.unread(&carol).await, (2, 1));
        assert_eq!(chat.unread(&bob).await, (1, 1));
        let everybody = json!({ "msgtype": "m.text", "body": "", "m.mentions": { "room": true } });
        let by_alice = chat.send(&alice, "m.room.message", everybody.clone()).await;
        assert_eq!(chat.unread(&bob).await, (2, 2));
        assert_eq!(chat.unread(&carol).await, (3, 2));
        chat.read(&bob, "m.read", &by_alice, None).await;
        chat.send(&carol, "m.room.message", everybody).await;
        assert_eq!(chat.unread(&bob).await, (1, 0), "carol has not the power");
        assert_eq!(chat.unread(&carol).await, (0, 0));
    }
}

#[tokio::test]
async fn what_is_redacted_is_not_unread() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let chat = Chat::new(&app, &[&alice, &bob]).await;
        let redact = async |event: &str, number: u8| {
            let path = format!("/rooms/{}/redact/{}/{number}", encode(&chat.id), encode(event));
            assert_eq!(alice.put(&path, json!({})).await.verdict(), "200");
        };
        let plain = chat.say(&alice, "1").await;
        let mention = chat.mention(&alice, &[&bob]).await;
        let kept = chat.say(&alice, "3").await;
        assert_eq!(chat.unread(&bob).await, (3, 1));
        redact(&mention, 1).await;
        assert_eq!(chat.unread(&bob).await, (2, 0));
        redact(&mention, 2).await;
        assert_eq!(chat.unread(&bob).await, (2, 0), "once is enough");
        redact(&plain, 3).await;
        assert_eq!(chat.unread(&bob).await, (1, 0));
        chat.read(&bob, "m.read", &kept, None).await;
        redact(&kept, 4).await;
        assert_eq!(chat.unread(&bob).await, (0, 0));
        chat.say(&alice, "5").await;
        assert_eq!(chat.unread(&bob).await, (1, 0));
    }
}

#[tokio::test]
async fn what_was_before_somebody_came_is_not_theirs_to_read() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let chat = Chat::new(&app, &[&alice]).await;
        chat.say(&alice, "1").await;
        bob.join(&chat.id).await;
        assert_eq!(chat.unread(&bob).await, (0, 0));
        chat.mention(&alice, &[&bob]).await;
        assert_eq!(chat.unread(&bob).await, (1, 1));
        let name = format!("/profile/{}/displayname", encode(bob.id.as_str()));
        assert_eq!(bob.put(&name, json!({ "displayname": "Bobby" })).await.verdict(), "200");
        assert_eq!(chat.unread(&bob).await, (1, 1), "a new name reads nothing");
        let leave = format!("/rooms/{}/leave", encode(&chat.id));
        assert_eq!(bob.request(Method::POST, &leave, &json!({})).await.verdict(), "200");
        chat.mention(&alice, &[&bob]).await;
        bob.join(&chat.id).await;
        assert_eq!(chat.unread(&bob).await, (0, 0));
        chat.say(&alice, "5").await;
        assert_eq!(chat.unread(&bob).await, (1, 0));
    }
}

#[tokio::test]
async fn a_sync_tells_when_something_was_read() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let chat = Chat::new(&app, &[&alice, &bob]).await;
        let event = chat.say(&alice, "1").await;
        let batch = async |user: &crate::testing::TestUser, since: &str| {
            let path =
                if since.is_empty() { "/sync".to_owned() } else { format!("/sync?since={since}") };
            user.get(&path).await.json()
        };
        let first = batch(&bob, "").await;
        let of_alice = batch(&alice, "").await;
        assert_eq!(chat.read(&bob, "m.read.private", &event, None).await, "200");
        let next = batch(&bob, first["next_batch"].as_str().unwrap()).await;
        let room = &next["rooms"]["join"][chat.id.as_str()];
        assert_eq!(room["unread_notifications"]["notification_count"], 0);
        let receipt = &room["ephemeral"]["events"][0]["content"][&event]["m.read.private"];
        assert!(receipt.get(bob.id.as_str()).is_some(), "{room}");
        let next = batch(&alice, of_alice["next_batch"].as_str().unwrap()).await;
        assert_eq!(next.get("rooms"), None, "a private receipt is told to nobody else");
    }
}
