//! What the server tells its users.
use serde_json::json;

use crate::testing::{TestApp, encode};

async fn on_each_engine(auto_join: bool) -> Vec<TestApp> {
    TestApp::on_each_engine_with(|config| {
        config.server_notices.enabled = true;
        config.server_notices.display_name = Some("The server".to_owned());
        config.server_notices.room_topic = Some("What is going on".to_owned());
        config.server_notices.auto_join = auto_join;
    })
    .await
}

#[tokio::test]
async fn a_user_is_asked_in_and_cannot_turn_it_down() {
    for app in on_each_engine(false).await {
        let alice = app.user("alice").await;
        // Somebody who wants no invites is told all the same.
        let account_data =
            format!("/user/{}/account_data/m.invite_permission_config", encode(alice.id.as_str()));
        let blocked = alice.put(&account_data, json!({ "default_action": "block" })).await;
        assert_eq!(blocked.verdict(), "200");
        let sent = app.app.notices.send(&alice.id, "It is maintained tonight.").await.unwrap();
        let room = sent.room_id.as_str();
        let sync = alice.get("/sync").await.json();
        let invite = sync["rooms"]["invite"][room]["invite_state"].to_string();
        assert!(
            invite.contains("Server notices") && invite.contains("@server:example.org"),
            "{invite}"
        );
        let path = |rest: &str| format!("/rooms/{}/{rest}", encode(room));
        let leave = alice.post(&path("leave"), json!({})).await;
        assert_eq!(leave.verdict(), "403 M_CANNOT_LEAVE_SERVER_NOTICE_ROOM");
        let member = path(&format!("state/m.room.member/{}", encode(alice.id.as_str())));
        let leave = alice.put(&member, json!({ "membership": "leave" })).await;
        assert_eq!(leave.verdict(), "403 M_CANNOT_LEAVE_SERVER_NOTICE_ROOM");
        alice.join(room).await;
        let messages = alice.get(&path("messages?dir=b")).await.json().to_string();
        assert!(messages.contains("It is maintained tonight."));
        let tags = path("tags").replacen(
            "/rooms",
            &format!("/user/{}/rooms", encode(alice.id.as_str())),
            1,
        );
        let tags = alice.get(&tags).await.json();
        assert!(tags["tags"].get("m.server_notice").is_some(), "{tags}");
        let answer = alice.put(&path("send/m.room.message/1"), json!({ "body": "no" })).await;
        assert_eq!(answer.verdict(), "403 M_FORBIDDEN");
        let again = app.app.notices.send(&alice.id, "It is over.").await.unwrap();
        assert_eq!(again.room_id, sent.room_id, "each user has one room");
        // Once in it, they may leave; the next notice asks them in again.
        assert_eq!(alice.post(&path("leave"), json!({})).await.verdict(), "200");
        let again = app.app.notices.send(&alice.id, "Once more.").await.unwrap();
        assert_eq!(again.room_id, sent.room_id);
        assert!(alice.get("/sync").await.json()["rooms"]["invite"].get(room).is_some());
        app.app.accounts.deactivate_user(&alice.id, false).await.unwrap();
        assert!(app.app.notices.send(&alice.id, "Too late.").await.is_err());
        let known = app.app.rooms.room(&sent.room_id).await.unwrap();
        let facts = known.facts(&app.app.rooms).await.unwrap();
        assert_eq!((facts.joined, facts.invited), (1, 0), "a closed account is in no room");
    }
}

#[tokio::test]
async fn users_are_put_in_where_that_is_wanted() {
    for app in on_each_engine(true).await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let sent = app.app.notices.send(&alice.id, "Hello.").await.unwrap();
        let other = app.app.notices.send(&bob.id, "Hello.").await.unwrap();
        assert_ne!(sent.room_id, other.room_id);
        let joined = alice.get("/joined_rooms").await.json();
        assert_eq!(joined["joined_rooms"], json!([sent.room_id]));
        let name = alice.get("/profile/%40server%3Aexample.org/displayname").await.json();
        assert_eq!(name["displayname"], "The server");
        assert!(app.app.notices.prepare().await.is_ok(), "it is made once");
    }
}

#[tokio::test]
async fn nobody_is_told_anything_unless_that_is_switched_on() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        assert!(app.app.notices.send(&alice.id, "Hello.").await.is_err());
    }
}
