//! Changing the password, and closing the account.
use http::Method;
use serde_json::{Value, json};

use super::{password_auth, with_auth};
use crate::testing::{TestApp, encode};

async fn login(app: &TestApp, password: &str) -> (String, Value) {
    let body = json!({ "type": "m.login.password", "user": "alice", "password": password });
    let reply = app.request(Method::POST, "/login", None, &body).await;
    (reply.verdict(), reply.json())
}

#[tokio::test]
async fn a_password_is_changed_by_whoever_knows_it() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let other = login(&app, alice.password).await.1["access_token"].clone();
        let weak = alice.post("/account/password", json!({ "new_password": "short" })).await;
        assert_eq!(weak.verdict(), "400 M_WEAK_PASSWORD", "before anything is to be proved");
        assert_eq!(alice.post("/account/password", json!({})).await.verdict(), "400 M_BAD_JSON");
        let body = json!({ "new_password": "another password" });
        let asked = alice.post("/account/password", body.clone()).await;
        assert_eq!(asked.verdict(), "401");
        let hijacked =
            with_auth(json!({ "new_password": "mallory's own" }), password_auth(&alice, &asked));
        assert_eq!(alice.post("/account/password", hijacked).await.verdict(), "403 M_FORBIDDEN");
        let confirmed = with_auth(body, password_auth(&alice, &asked));
        assert_eq!(alice.post("/account/password", confirmed).await.verdict(), "200");
        assert_eq!(login(&app, alice.password).await.0, "403 M_FORBIDDEN");
        assert_eq!(login(&app, "another password").await.0, "200");
        assert_eq!(alice.get("/devices").await.verdict(), "200");
        let other = app.request(Method::GET, "/devices", other.as_str(), &Value::Null).await;
        assert_eq!(other.verdict(), "401 M_UNKNOWN_TOKEN");
    }
}

#[tokio::test]
async fn a_closed_account_is_gone_from_everywhere() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let bob = app.user("bob").await;
        let room = alice.create_room(json!({ "preset": "public_chat" })).await;
        bob.join(&room).await;
        let invited = bob.create_room(json!({ "invite": [alice.id] })).await;

        let asked = alice.post("/account/deactivate", json!({ "erase": true })).await;
        assert_eq!(asked.verdict(), "401");
        assert_eq!(alice.get("/devices").await.verdict(), "200");
        let body = with_auth(json!({ "erase": true }), password_auth(&alice, &asked));
        let done = alice.post("/account/deactivate", body).await;
        assert_eq!(done.verdict(), "200");
        assert_eq!(done.json(), json!({ "id_server_unbind_result": "success" }));

        assert_eq!(alice.get("/devices").await.verdict(), "401 M_UNKNOWN_TOKEN");
        assert_eq!(login(&app, alice.password).await.0, "403 M_USER_DEACTIVATED");
        let profile = app.get(&format!("/profile/{}", encode(alice.id.as_str()))).await;
        assert_eq!(profile.json(), json!({}));
        let joined = bob.get(&format!("/rooms/{}/joined_members", encode(&room))).await.json();
        let members: Vec<_> = joined["joined"].as_object().unwrap().keys().collect();
        assert_eq!(members, ["@bob:example.org"]);
        for room in [room, invited] {
            let (room, user) = (encode(&room), encode(alice.id.as_str()));
            let member = bob.get(&format!("/rooms/{room}/state/m.room.member/{user}")).await;
            assert_eq!(member.json()["membership"], "leave");
        }
    }
}
