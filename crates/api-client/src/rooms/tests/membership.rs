use serde_json::{Value, json};

use crate::testing::{TestApp, TestUser, encode};

async fn act(user: &TestUser, room: &str, verb: &str, body: Value) -> String {
    user.post(&format!("/rooms/{}/{verb}", encode(room)), body).await.verdict()
}

async fn membership(witness: &TestUser, room: &str, of: &TestUser) -> Value {
    let path = format!("/rooms/{}/state/m.room.member/{}", encode(room), encode(of.id.as_str()));
    witness.get(&path).await.json()
}

#[tokio::test]
async fn invited_joined_kicked_banned_unbanned_forgotten() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let room = alice.create_room(json!({})).await;
        let bobs = json!({ "user_id": bob.id, "reason": "because" });
        assert_eq!(act(&bob, &room, "join", json!({})).await, "403 M_FORBIDDEN");
        assert_eq!(act(&alice, &room, "invite", bobs.clone()).await, "200");
        assert_eq!(membership(&alice, &room, &bob).await["membership"], "invite");
        assert_eq!(act(&bob, &room, "join", Value::Null).await, "200");
        assert_eq!(act(&bob, &room, "join", json!({})).await, "200", "joining twice is no error");
        assert_eq!(act(&bob, &room, "forget", json!({})).await, "400 M_UNKNOWN");
        assert_eq!(
            act(&bob, &room, "kick", json!({ "user_id": alice.id })).await,
            "403 M_FORBIDDEN"
        );
        assert_eq!(act(&alice, &room, "kick", bobs.clone()).await, "200");
        let kicked = membership(&alice, &room, &bob).await;
        assert_eq!(
            (&kicked["membership"], &kicked["reason"]),
            (&json!("leave"), &json!("because"))
        );
        assert_eq!(act(&alice, &room, "kick", bobs.clone()).await, "403 M_FORBIDDEN");
        assert_eq!(act(&alice, &room, "unban", bobs.clone()).await, "403 M_FORBIDDEN");
        assert_eq!(act(&alice, &room, "ban", bobs.clone()).await, "200");
        assert_eq!(act(&alice, &room, "invite", bobs.clone()).await, "403 M_FORBIDDEN");
        assert_eq!(act(&alice, &room, "unban", bobs.clone()).await, "200");
        assert_eq!(act(&bob, &room, "forget", json!({})).await, "200");
        assert_eq!(act(&alice, &room, "leave", json!({})).await, "200");
        assert_eq!(
            act(&alice, &room, "leave", json!({})).await,
            "200",
            "leaving twice is no error"
        );
    }
}

#[tokio::test]
async fn who_knocks_is_let_in() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let rules = json!([{ "type": "m.room.join_rules", "content": { "join_rule": "knock" } }]);
        let room = alice.create_room(json!({ "initial_state": rules })).await;
        let reply =
            bob.post(&format!("/knock/{}", encode(&room)), json!({ "reason": "please" })).await;
        assert_eq!(reply.json(), json!({ "room_id": room }));
        assert_eq!(membership(&alice, &room, &bob).await["reason"], "please");
        assert_eq!(act(&bob, &room, "join", json!({})).await, "403 M_FORBIDDEN");
        assert_eq!(act(&alice, &room, "invite", json!({ "user_id": bob.id })).await, "200");
        bob.join(&room).await;
        let closed = alice.create_room(json!({})).await;
        let reply = bob.post(&format!("/knock/{}", encode(&closed)), json!({})).await;
        assert_eq!(reply.verdict(), "403 M_FORBIDDEN");
    }
}

#[tokio::test]
async fn a_restricted_room_opens_to_the_members_of_another() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let space = alice.create_room(json!({ "preset": "public_chat" })).await;
        let allow = json!([{ "type": "m.room_membership", "room_id": space }]);
        let rules = json!({ "join_rule": "restricted", "allow": allow });
        let room = alice
            .create_room(
                json!({ "initial_state": [{ "type": "m.room.join_rules", "content": rules }] }),
            )
            .await;
        assert_eq!(act(&bob, &room, "join", json!({})).await, "403 M_FORBIDDEN");
        bob.join(&space).await;
        bob.join(&room).await;
        assert_eq!(
            membership(&alice, &room, &bob).await["join_authorised_via_users_server"],
            alice.id.as_str()
        );
    }
}

#[tokio::test]
async fn unknown_rooms_and_people_are_named_as_such() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        for (method, path, body, expected) in [
            ("POST", "/rooms/!nowhere:example.org/join", json!({}), "404 M_NOT_FOUND"),
            ("POST", "/join/%23nothing:example.org", json!({}), "404 M_NOT_FOUND"),
            ("POST", "/join/garden", json!({}), "400 M_INVALID_PARAM"),
            ("POST", "/rooms/nonsense/join", json!({}), "400 M_INVALID_PARAM"),
            ("POST", "/rooms/!nowhere:example.org/leave", json!({}), "404 M_NOT_FOUND"),
            ("POST", "/rooms/!nowhere:example.org/forget", json!({}), "404 M_NOT_FOUND"),
            (
                "POST",
                "/rooms/!nowhere:example.org/invite",
                json!({ "user_id": "@b:example.org" }),
                "403 M_FORBIDDEN",
            ),
            ("POST", "/rooms/!nowhere:example.org/kick", json!({}), "400 M_BAD_JSON"),
            (
                "POST",
                "/rooms/!nowhere:example.org/kick",
                json!({ "user_id": "b" }),
                "400 M_BAD_JSON",
            ),
            ("GET", "/rooms/!nowhere:example.org/joined_members", Value::Null, "403 M_FORBIDDEN"),
        ] {
            let reply = alice.request(method.parse().unwrap(), path, &body).await;
            assert_eq!(reply.verdict(), expected, "{method} {path}: {}", reply.json());
        }
    }
}
