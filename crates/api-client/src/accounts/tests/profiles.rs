//! Profiles.
use http::Method;
use serde_json::{Value, json};

use crate::testing::{TestApp, encode};

#[tokio::test]
async fn a_profile_is_seen_by_anybody_and_changed_by_its_user() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let bob = app.user("bob").await;
        let path = format!("/profile/{}", encode(alice.id.as_str()));
        let field = |name: &str| format!("{path}/{name}");
        assert_eq!(app.get(&path).await.json(), json!({ "displayname": "alice" }));
        for (name, value) in [
            ("displayname", json!("Alice")),
            ("avatar_url", json!("mxc://example.org/cat")),
            ("m.tz", json!("Europe/Berlin")),
            ("org.example.pronouns", json!(["she"])),
        ] {
            let set = alice.put(&field(name), json!({ name: value })).await;
            assert_eq!(set.verdict(), "200", "{name}");
            assert_eq!(app.get(&field(name)).await.json(), json!({ name: value }));
            let theirs = bob.put(&field(name), json!({ name: value })).await;
            assert_eq!(theirs.verdict(), "403 M_FORBIDDEN");
            assert_eq!(bob.delete(&field(name)).await.verdict(), "403 M_FORBIDDEN");
            let anonymous = app.request(Method::PUT, &field(name), None, &json!({})).await;
            assert_eq!(anonymous.verdict(), "401 M_MISSING_TOKEN");
        }
        for name in ["m.tz", "org.example.pronouns", "avatar_url", "org.example.never"] {
            assert_eq!(alice.delete(&field(name)).await.verdict(), "200");
            assert_eq!(app.get(&field(name)).await.verdict(), "404 M_NOT_FOUND");
        }
        assert_eq!(app.get(&path).await.json(), json!({ "displayname": "Alice" }));
        let set = alice.put(&field("displayname"), json!({ "displayname": null })).await;
        assert_eq!(set.verdict(), "200");
        assert_eq!(app.get(&path).await.json(), json!({}));
    }
}

#[tokio::test]
async fn what_a_profile_cannot_have_has_its_code() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let path = format!("/profile/{}", encode(alice.id.as_str()));
        let long = format!("org.{}", "x".repeat(255));
        for (name, body, verdict) in [
            ("displayname", json!({ "displayname": 1 }), "400 M_INVALID_PARAM"),
            ("avatar_url", json!({ "avatar_url": "https://x" }), "400 M_INVALID_PARAM"),
            ("displayname", json!({}), "400 M_MISSING_PARAM"),
            ("m.tz", json!({ "other": 1 }), "400 M_MISSING_PARAM"),
            ("Job", json!({ "Job": 1 }), "400 M_INVALID_PARAM"),
            (&long, json!({ &long: 1 }), "400 M_KEY_TOO_LARGE"),
            ("a.b", json!({ "a.b": "x".repeat(70_000) }), "400 M_PROFILE_TOO_LARGE"),
        ] {
            let set = alice.put(&format!("{path}/{name}"), body).await;
            assert_eq!(set.verdict(), verdict, "{name}");
        }
        for stranger in ["%40nobody%3Aexample.org", "%40alice%3Aelsewhere.org"] {
            assert_eq!(app.get(&format!("/profile/{stranger}")).await.verdict(), "404 M_NOT_FOUND");
        }
        assert_eq!(app.get("/profile/alice").await.verdict(), "400 M_INVALID_PARAM");
    }
}

#[tokio::test]
async fn the_members_of_the_users_rooms_see_the_change() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let bob = app.user("bob").await;
        let room = alice.create_room(json!({ "preset": "public_chat" })).await;
        bob.join(&room).await;
        let user = encode(alice.id.as_str());
        let member = format!("/rooms/{}/state/m.room.member/{user}", encode(&room));
        assert_eq!(bob.get(&member).await.json()["displayname"], "alice");
        let path = format!("/profile/{user}/displayname");
        alice.put(&path, json!({ "displayname": "Alice" })).await;
        assert_eq!(bob.get(&member).await.json()["displayname"], "Alice");
        alice.delete(&path).await;
        assert_eq!(
            bob.get(&member).await.json().get("displayname").unwrap_or(&Value::Null),
            &Value::Null
        );
    }
}
