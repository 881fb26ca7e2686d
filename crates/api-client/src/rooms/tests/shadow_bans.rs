//! Whoever is shadow-banned hears what they would hear, and nobody hears them.
use serde_json::{Value, json};

use crate::testing::{TestApp, TestUser, encode};

async fn events(user: &TestUser, room: &str) -> Vec<Value> {
    let path = format!("/rooms/{}/messages?dir=b&limit=100", encode(room));
    user.get(&path).await.json()["chunk"].as_array().unwrap().clone()
}

#[tokio::test]
async fn nothing_of_it_reaches_others() {
    for app in TestApp::on_each_engine().await {
        let (alice, mallory) = (app.user("alice").await, app.user("mallory").await);
        let bob = app.user("bob").await;
        let levels = json!({ "users": { alice.id.as_str(): 100, mallory.id.as_str(): 100 } });
        let room = alice
            .create_room(json!({
                "preset": "public_chat", "room_version": "11",
                "power_level_content_override": levels,
            }))
            .await;
        mallory.join(&room).await;
        let said = mallory.say(&room, "before").await;
        app.app.accounts.set_shadow_banned(&mallory.id, true).await.unwrap();
        let before = events(&alice, &room).await;
        let path = |rest: &str| format!("/rooms/{}/{rest}", encode(&room));
        // The same transaction has the same answer.
        let send = path("send/m.room.message/1");
        let first = mallory.put(&send, json!({ "body": "spam" })).await.json();
        assert_eq!(mallory.put(&send, json!({ "body": "spam" })).await.json(), first);
        assert!(first["event_id"].as_str().unwrap().starts_with('$'));
        let member = format!("state/m.room.member/{}", encode(mallory.id.as_str()));
        for (what, body) in [
            ("state/m.room.topic/", json!({ "topic": "spam" })),
            (member.as_str(), json!({ "membership": "join", "displayname": "spam" })),
            ("redact/EVENT/2", json!({ "reason": "spam" })),
            ("typing/USER", json!({ "typing": true })),
        ] {
            let what = what.replace("EVENT", &encode(&said));
            let what = what.replace("USER", &encode(mallory.id.as_str()));
            assert_eq!(mallory.put(&path(&what), body).await.verdict(), "200", "{what}");
        }
        for (what, user) in [("invite", &bob), ("kick", &alice), ("ban", &alice)] {
            let body = json!({ "user_id": user.id, "reason": "spam" });
            assert_eq!(mallory.post(&path(what), body).await.verdict(), "200", "{what}");
        }
        let receipt = format!("receipt/m.read/{}", encode(&said));
        assert_eq!(mallory.post(&path(&receipt), json!({})).await.verdict(), "200");
        let upgrade = mallory.post(&path("upgrade"), json!({ "new_version": "11" })).await;
        assert_eq!(upgrade.verdict(), "200");
        let name = format!("/profile/{}/displayname", encode(mallory.id.as_str()));
        let renamed = mallory.put(&name, json!({ "displayname": "spam" })).await;
        assert_eq!(renamed.verdict(), "200");
        assert_eq!(mallory.get(&name).await.json()["displayname"], "spam");
        assert_eq!(events(&alice, &room).await, before);
        let heard = alice.get("/sync").await.json()["rooms"]["join"][&room].to_string();
        assert!(!heard.contains("spam") && !heard.contains("m.receipt"), "{heard}");
        // They come and go, saying nothing.
        let leave = mallory.post(&path("leave"), json!({ "reason": "spam" })).await;
        assert_eq!(leave.verdict(), "200");
        let join = mallory.post(&path("join"), json!({ "reason": "spam" })).await;
        assert_eq!(join.verdict(), "200");
        let now = events(&alice, &room).await;
        assert_eq!(now.len(), before.len() + 2);
        assert!(now.iter().all(|event| event["content"].get("reason").is_none()));
        // A room of their own is one for them alone.
        let own = json!({ "invite": [bob.id], "preset": "private_chat" });
        let own = mallory.create_room(own).await;
        let members = mallory.get(&format!("/rooms/{}/members", encode(&own))).await.json();
        assert_eq!(members["chunk"].as_array().unwrap().len(), 1);
        app.app.accounts.set_shadow_banned(&mallory.id, false).await.unwrap();
        mallory.say(&room, "after").await;
        assert_eq!(events(&alice, &room).await[0]["content"]["body"], "after");
    }
}
