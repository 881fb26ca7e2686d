use serde_json::{Value, json};

use crate::testing::{SERVER_NAME, TestApp, TestUser, encode};

async fn state(user: &TestUser, room: &str, kind: &str) -> Value {
    user.get(&format!("/rooms/{}/state/{kind}", encode(room))).await.json()
}

#[tokio::test]
async fn a_public_room_with_all_the_trimmings() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let room = alice
            .create_room(json!({
                "preset": "public_chat",
                "visibility": "public",
                "room_alias_name": "garden",
                "name": "The garden",
                "topic": "Plants",
                "invite": [bob.id],
                "creation_content": { "m.federate": false },
                "initial_state": [{ "type": "m.room.guest_access", "content": { "guest_access": "can_join" } }],
                "power_level_content_override": { "events_default": 5 },
            }))
            .await;
        assert_eq!(state(&alice, &room, "m.room.name").await["name"], "The garden");
        assert_eq!(state(&alice, &room, "m.room.topic").await["topic"], "Plants");
        assert_eq!(state(&alice, &room, "m.room.join_rules").await["join_rule"], "public");
        assert_eq!(state(&alice, &room, "m.room.guest_access").await["guest_access"], "can_join");
        assert_eq!(state(&alice, &room, "m.room.power_levels").await["events_default"], 5);
        let create = state(&alice, &room, "m.room.create").await;
        assert_eq!((&create["room_version"], &create["m.federate"]), (&json!("12"), &json!(false)));
        let alias = format!("#garden:{SERVER_NAME}");
        assert_eq!(state(&alice, &room, "m.room.canonical_alias").await["alias"], alias.as_str());
        let found = bob.get(&format!("/directory/room/{}", encode(&alias))).await;
        assert_eq!(found.json(), json!({ "room_id": room, "servers": [SERVER_NAME] }));
        let listed = app.get("/publicRooms").await.json();
        assert_eq!(listed["chunk"][0]["room_id"], room.as_str());
        assert_eq!(listed["total_room_count_estimate"], 1);
        bob.join(&room).await;
    }
}

#[tokio::test]
async fn the_visibility_chooses_the_preset_and_every_version_can_be_had() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        for version in 3..=12 {
            let room = alice
                .create_room(
                    json!({ "visibility": "private", "room_version": version.to_string() }),
                )
                .await;
            assert_eq!(state(&alice, &room, "m.room.join_rules").await["join_rule"], "invite");
            let create = state(&alice, &room, "m.room.create").await;
            assert_eq!(create["room_version"], version.to_string().as_str());
        }
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused_and_leaves_nothing() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        alice.create_room(json!({ "room_alias_name": "taken" })).await;
        let cases = [
            (json!({ "room_version": "99" }), "400 M_UNSUPPORTED_ROOM_VERSION"),
            (json!({ "room_version": "1" }), "400 M_UNSUPPORTED_ROOM_VERSION"),
            (json!({ "room_version": 12 }), "400 M_BAD_JSON"),
            (json!({ "room_alias_name": "taken" }), "400 M_ROOM_IN_USE"),
            (json!({ "room_alias_name": "a:b" }), "400 M_INVALID_PARAM"),
            (json!({ "room_alias_name": "" }), "400 M_INVALID_PARAM"),
            (json!({ "room_alias_name": "x".repeat(300) }), "400 M_INVALID_PARAM"),
            (json!({ "preset": "secret_chat" }), "400 M_BAD_JSON"),
            (json!({ "invite": ["bob"] }), "400 M_BAD_JSON"),
            (json!({ "invite_3pid": [{}] }), "400 M_UNRECOGNIZED"),
            (json!({ "creation_content": { "x": 1.5 } }), "400 M_BAD_JSON"),
            (json!({ "creation_content": [] }), "400 M_BAD_JSON"),
            (json!({ "initial_state": [{ "type": "m.x" }] }), "400 M_BAD_JSON"),
            (
                json!({ "power_level_content_override": { "ban": "fifty" } }),
                "400 M_INVALID_ROOM_STATE",
            ),
        ];
        for (body, expected) in cases {
            let reply = alice.post("/createRoom", body.clone()).await;
            assert_eq!(reply.verdict(), expected, "{body}: {}", reply.json());
        }
        let rooms = alice.get("/joined_rooms").await.json();
        assert_eq!(rooms["joined_rooms"].as_array().unwrap().len(), 1, "{rooms}");
    }
}
