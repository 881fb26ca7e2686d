//! Locked and suspended accounts.
use http::Method;
use serde_json::json;

use crate::testing::{TestApp, encode};

#[tokio::test]
async fn whoever_is_locked_can_only_log_out() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        app.app.accounts.set_locked(&alice.id, true).await.unwrap();
        for path in ["/account/whoami", "/sync", "/joined_rooms"] {
            let reply = alice.get(path).await;
            assert_eq!(reply.verdict(), "401 M_USER_LOCKED", "{path}");
            assert_eq!(reply.json()["soft_logout"], true);
        }
        let identifier = json!({ "type": "m.id.user", "user": "alice" });
        let login = |password: &str| json!({ "type": "m.login.password", "identifier": identifier, "password": password });
        let reply = app.request(Method::POST, "/login", None, &login(alice.password)).await;
        assert_eq!(reply.verdict(), "401 M_USER_LOCKED");
        assert_eq!(reply.json()["soft_logout"], true);
        let wrong = app.request(Method::POST, "/login", None, &login("wrong")).await;
        assert_eq!(wrong.verdict(), "403 M_FORBIDDEN", "strangers do not learn of it");
        app.app.accounts.set_locked(&alice.id, false).await.unwrap();
        assert_eq!(alice.get("/account/whoami").await.verdict(), "200", "all is as it was");
        app.app.accounts.set_locked(&alice.id, true).await.unwrap();
        assert_eq!(alice.post("/logout", json!({})).await.verdict(), "200");
        app.app.accounts.set_locked(&alice.id, false).await.unwrap();
        assert_eq!(alice.get("/account/whoami").await.verdict(), "401 M_UNKNOWN_TOKEN");
    }
}

#[tokio::test]
async fn whoever_is_suspended_reads_and_leaves_but_does_not_act() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let room = alice.create_room(json!({ "preset": "public_chat" })).await;
        let other = bob.create_room(json!({ "preset": "public_chat" })).await;
        bob.join(&room).await;
        let (own, foreign) = (bob.say(&room, "hello").await, alice.say(&room, "hi").await);
        app.app.accounts.set_suspended(&bob.id, true).await.unwrap();
        let place = format!("/rooms/{}", encode(&room));
        let name = format!("/profile/{}/displayname", encode(bob.id.as_str()));
        for (method, path, body) in [
            (Method::PUT, format!("{place}/send/m.room.message/x"), json!({ "body": "x" })),
            (Method::PUT, format!("{place}/state/m.room.topic/"), json!({ "topic": "x" })),
            (Method::POST, format!("{place}/invite"), json!({ "user_id": "@carol:example.org" })),
            (Method::POST, format!("/join/{}", encode(&other)), json!({})),
            (Method::POST, format!("/knock/{}", encode(&other)), json!({})),
            (Method::POST, "/createRoom".to_owned(), json!({})),
            (Method::PUT, name, json!({ "displayname": "x" })),
            (Method::PUT, format!("{place}/redact/{}/x", encode(&foreign)), json!({})),
            (Method::POST, "/_matrix/media/v3/upload".to_owned(), json!({})),
        ] {
            let reply = bob.request(method.clone(), &path, &body).await;
            assert_eq!(reply.verdict(), "403 M_USER_SUSPENDED", "{method} {path}");
        }
        assert_eq!(bob.get("/sync").await.verdict(), "200");
        assert_eq!(bob.get(&format!("{place}/messages?dir=b")).await.verdict(), "200");
        let redact = format!("{place}/redact/{}/y", encode(&own));
        assert_eq!(bob.put(&redact, json!({})).await.verdict(), "200", "what they said themselves");
        assert_eq!(bob.post(&format!("{place}/leave"), json!({})).await.verdict(), "200");
        app.app.accounts.set_suspended(&bob.id, false).await.unwrap();
        bob.join(&room).await;
        app.app.accounts.deactivate_user(&bob.id, false).await.unwrap();
        let closed = app.app.accounts.set_suspended(&bob.id, true).await;
        assert!(matches!(closed, Err(accounts::administration::AdministrationError::Deactivated)));
    }
}
