//! Rooms that replace others.
use serde_json::{Value, json};

use crate::testing::{TestApp, TestUser, encode};

async fn upgrade(user: &TestUser, room: &str, body: Value) -> Result<String, String> {
    let reply = user.post(&format!("/rooms/{}/upgrade", encode(room)), body).await;
    match reply.json()["replacement_room"].as_str() {
        Some(room) => Ok(room.to_owned()),
        None => Err(reply.verdict()),
    }
}

async fn state(user: &TestUser, room: &str, key: &str) -> Value {
    user.get(&format!("/rooms/{}/state/{key}", encode(room))).await.json()
}

async fn set_state(user: &TestUser, room: &str, key: &str, content: Value) {
    let path = format!("/rooms/{}/state/{key}", encode(room));
    assert_eq!(user.put(&path, content).await.verdict(), "200", "{key}");
}

/// A room with everything that goes over, of which bob is a moderator.
fn furnished(version: &str, alias: &str, alice: &TestUser, bob: &TestUser) -> Value {
    let users = if version == "12" {
        json!({ (bob.id.as_str()): 60 })
    } else {
        json!({ (alice.id.as_str()): 100, (bob.id.as_str()): 60 })
    };
    json!({
        "preset": "public_chat", "visibility": "public", "room_version": version,
        "name": "Name", "topic": "Topic", "room_alias_name": alias,
        "creation_content": { "type": "m.space", "m.federate": false },
        "initial_state": [
            { "type": "m.room.history_visibility", "content": { "history_visibility": "invited" } },
            { "type": "m.room.server_acl", "content": { "allow": ["*"] } },
            { "type": "m.room.encryption", "content": { "algorithm": "m.megolm.v1.aes-sha2" } },
            { "type": "m.room.avatar", "content": { "url": "mxc://example.org/a" } },
            { "type": "m.space.child", "state_key": "!child:example.org", "content": { "via": ["x"] } },
        ],
        "power_level_content_override": { "users": users },
    })
}

#[tokio::test]
async fn what_a_room_was_goes_over() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let outlaw = app.user("outlaw").await;
        for (from, to) in [("6", "11"), ("11", "12"), ("12", "12"), ("12", "9")] {
            let alias = format!("here{from}to{to}");
            let old = alice.create_room(furnished(from, &alias, &alice, &bob)).await;
            let ban = json!({ "user_id": outlaw.id, "reason": "noise" });
            let path = format!("/rooms/{}/ban", encode(&old));
            assert_eq!(alice.post(&path, ban).await.verdict(), "200");
            let new = upgrade(&alice, &old, json!({ "new_version": to })).await.unwrap();
            let create = state(&alice, &new, "m.room.create").await;
            assert_eq!(create["room_version"], to);
            assert_eq!(
                (&create["type"], &create["m.federate"]),
                (&json!("m.space"), &json!(false))
            );
            assert_eq!(create["predecessor"]["room_id"], old.as_str());
            assert_eq!(create["predecessor"]["event_id"].is_string(), to != "12");
            for key in [
                "m.room.name",
                "m.room.topic",
                "m.room.join_rules",
                "m.room.history_visibility",
                "m.room.guest_access",
                "m.room.server_acl",
                "m.room.encryption",
                "m.room.avatar",
                "m.space.child/!child:example.org",
            ] {
                let (before, after) =
                    (state(&alice, &old, key).await, state(&alice, &new, key).await);
                assert_eq!(
                    (&before, before["errcode"].is_null()),
                    (&after, true),
                    "{from} {to} {key}"
                );
            }
            let member = state(&alice, &new, &format!("m.room.member/{}", outlaw.id)).await;
            assert_eq!(member, json!({ "membership": "ban", "reason": "noise" }));
            let levels = state(&alice, &new, "m.room.power_levels").await;
            let own = match (from, to) {
                (_, "12") => Value::Null,
                // Whoever stood above all levels stands at the highest: the tombstone's.
                ("12", _) => json!(150),
                _ => json!(100),
            };
            assert_eq!(
                (&levels["users"][bob.id.as_str()], &levels["users"][alice.id.as_str()]),
                (&json!(60), &own)
            );
            let tombstone = state(&alice, &old, "m.room.tombstone").await;
            assert_eq!(tombstone["replacement_room"], new.as_str());
            let levels = state(&alice, &old, "m.room.power_levels").await;
            assert_eq!((&levels["events_default"], &levels["invite"]), (&json!(50), &json!(50)));
            // Aliases and the room list lead to the new room.
            let alias = format!("#{alias}:example.org");
            let path = format!("/directory/room/{}", encode(&alias));
            assert_eq!(alice.get(&path).await.json()["room_id"], new.as_str());
            assert_eq!(state(&alice, &new, "m.room.canonical_alias").await["alias"], alias);
            assert_eq!(state(&alice, &old, "m.room.canonical_alias").await, json!({}));
            let listed = alice.get("/publicRooms").await.json();
            let listed = listed["chunk"].as_array().unwrap().iter().map(|room| &room["room_id"]);
            assert!(
                listed.clone().any(|room| room == &new) && !listed.clone().any(|room| room == &old)
            );
        }
    }
}

#[tokio::test]
async fn who_cannot_close_a_room_cannot_replace_it() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let room =
            alice.create_room(json!({ "preset": "public_chat", "room_version": "10" })).await;
        let to = |version: &str| json!({ "new_version": version });
        let refused = |code: &str| Err(code.to_owned());
        assert_eq!(upgrade(&bob, &room, to("11")).await, refused("403 M_FORBIDDEN"));
        bob.join(&room).await;
        assert_eq!(upgrade(&bob, &room, to("11")).await, refused("403 M_FORBIDDEN"));
        let unknown = upgrade(&alice, &room, to("no-such-version")).await;
        assert_eq!(unknown, refused("400 M_UNSUPPORTED_ROOM_VERSION"));
        assert_eq!(upgrade(&alice, &room, json!({})).await, refused("400 M_BAD_JSON"));
        let body = json!({ "new_version": "12", "additional_creators": ["nobody"] });
        assert_eq!(upgrade(&alice, &room, body).await, refused("400 M_BAD_JSON"));
        assert_eq!(state(&alice, &room, "m.room.tombstone").await["errcode"], "M_NOT_FOUND");
        // Power enough for the tombstone, but not for all that is copied.
        let levels = json!({
            "users": { (alice.id.as_str()): 100, (bob.id.as_str()): 55 },
            "events": { "m.room.tombstone": 55, "m.room.history_visibility": 100 },
        });
        set_state(&alice, &room, "m.room.power_levels", levels).await;
        let new = upgrade(&bob, &room, to("11")).await.unwrap();
        let levels = state(&bob, &new, "m.room.power_levels").await;
        assert_eq!(
            (&levels["users"][bob.id.as_str()], &levels["users"][alice.id.as_str()]),
            (&json!(55), &json!(100))
        );
        let visibility = state(&bob, &new, "m.room.history_visibility").await;
        assert_eq!(visibility, state(&bob, &room, "m.room.history_visibility").await);
    }
}

#[tokio::test]
async fn creators_are_named_anew() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let room =
            alice.create_room(json!({ "preset": "public_chat", "room_version": "11" })).await;
        bob.join(&room).await;
        let levels = json!({ "users": { (alice.id.as_str()): 100, (bob.id.as_str()): 100 } });
        set_state(&alice, &room, "m.room.power_levels", levels).await;
        let body = json!({ "new_version": "12", "additional_creators": [bob.id] });
        let new = upgrade(&alice, &room, body).await.unwrap();
        let create = state(&alice, &new, "m.room.create").await;
        assert_eq!(create["additional_creators"], json!([bob.id]));
        assert_eq!(state(&alice, &new, "m.room.power_levels").await["users"], json!({}));
        // Back to a version without creators of that kind, they have a number.
        let back = upgrade(&alice, &new, json!({ "new_version": "11" })).await.unwrap();
        let users = state(&alice, &back, "m.room.power_levels").await["users"].clone();
        assert_eq!(users, json!({ (alice.id.as_str()): 100, (bob.id.as_str()): 100 }));
    }
}

#[tokio::test]
async fn what_a_user_has_set_goes_over_when_they_join() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let old = alice.create_room(json!({ "preset": "public_chat" })).await;
        bob.join(&old).await;
        let own = format!("/user/{}", encode(bob.id.as_str()));
        let tag = |room: &str| format!("{own}/rooms/{}/tags", encode(room));
        let set = bob.put(&format!("{}/u.work", tag(&old)), json!({ "order": 0.5 })).await;
        assert_eq!(set.verdict(), "200");
        let direct = format!("{own}/account_data/m.direct");
        let set = bob.put(&direct, json!({ (alice.id.as_str()): [&old] })).await;
        assert_eq!(set.verdict(), "200");
        let rule = |kind: &str, room: &str| format!("/pushrules/global/{kind}/{}", encode(room));
        let quiet = json!({ "actions": [], "conditions": [
            { "kind": "event_match", "key": "room_id", "pattern": &old },
        ] });
        assert_eq!(bob.put(&rule("override", &old), quiet).await.verdict(), "200");
        let set = bob.put(&rule("room", &old), json!({ "actions": ["notify"] })).await;
        assert_eq!(set.verdict(), "200");
        let new = upgrade(&alice, &old, json!({ "new_version": "12" })).await.unwrap();
        bob.join(&new).await;
        assert_eq!(bob.get(&tag(&new)).await.json()["tags"], json!({ "u.work": { "order": 0.5 } }));
        assert_eq!(bob.get(&direct).await.json(), json!({ (alice.id.as_str()): [&old, &new] }));
        let copied = bob.get(&rule("override", &new)).await.json();
        assert_eq!(copied["conditions"][0]["pattern"], new.as_str());
        assert_eq!(bob.get(&rule("room", &new)).await.json()["actions"], json!(["notify"]));
    }
}
