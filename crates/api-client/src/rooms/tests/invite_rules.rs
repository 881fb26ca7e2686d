use serde_json::json;

use crate::testing::{TestApp, TestUser, encode};

async fn set(user: &TestUser, kind: &str, content: serde_json::Value) {
    let path = format!("/user/{}/account_data/{kind}", encode(user.id.as_str()));
    assert_eq!(user.put(&path, content).await.verdict(), "200");
}

#[tokio::test]
async fn whoever_wants_no_invites_gets_none() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let room = alice.create_room(json!({})).await;
        let invite = format!("/rooms/{}/invite", encode(&room));
        let state =
            format!("/rooms/{}/state/m.room.member/{}", encode(&room), encode(bob.id.as_str()));
        for (kind, block, allow) in [
            ("m.invite_permission_config", json!({ "default_action": "block" }), json!({})),
            (
                "org.matrix.msc4380.invite_permission_config",
                json!({ "block_all": true }),
                json!({}),
            ),
            (
                "org.matrix.msc4155.invite_permission_config",
                json!({ "blocked_users": ["@ali*:example.org"] }),
                json!({ "blocked_users": ["@ali*:example.org"], "allowed_users": ["@alice:*"] }),
            ),
        ] {
            set(&bob, kind, block).await;
            let asked = json!({ "user_id": bob.id });
            assert_eq!(alice.post(&invite, asked.clone()).await.verdict(), "403 M_INVITE_BLOCKED");
            let member = json!({ "membership": "invite" });
            assert_eq!(alice.put(&state, member.clone()).await.verdict(), "403 M_INVITE_BLOCKED");
            for options in [
                json!({ "invite": [bob.id] }),
                json!({ "initial_state": [
                    { "type": "m.room.member", "state_key": bob.id, "content": member },
                ] }),
            ] {
                let made = alice.post("/createRoom", options).await;
                assert_eq!(made.verdict(), "403 M_INVITE_BLOCKED");
            }
            set(&bob, kind, allow).await;
            let room = alice.create_room(json!({})).await;
            let invite = format!("/rooms/{}/invite", encode(&room));
            assert_eq!(alice.post(&invite, asked).await.verdict(), "200", "{kind}");
        }
        assert_eq!(
            alice.get("/joined_rooms").await.json()["joined_rooms"].as_array().unwrap().len(),
            4
        );
    }
}
