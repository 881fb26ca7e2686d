//! F15: whatever somebody puts into a room, the others in it can still sync and read to the room's beginning.
use http::Method;
use serde_json::{Value, json};

use crate::{
    ENDPOINTS,
    testing::{TestApp, TestUser, encode},
};

const SLIDING: &str = "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync";

/// State that clients and servers read: the type, and the field of its content that they look at first.
const TYPES: &[(&str, &str)] = &[
    ("m.room.name", "name"),
    ("m.room.topic", "topic"),
    ("m.room.avatar", "url"),
    ("m.room.join_rules", "join_rule"),
    ("m.room.join_rules", "allow"),
    ("m.room.history_visibility", "history_visibility"),
    ("m.room.guest_access", "guest_access"),
    ("m.room.canonical_alias", "alias"),
    ("m.room.canonical_alias", "alt_aliases"),
    ("m.room.encryption", "algorithm"),
    ("m.room.pinned_events", "pinned"),
    ("m.room.tombstone", "replacement_room"),
    ("m.room.server_acl", "allow"),
    ("m.room.third_party_invite", "public_keys"),
    ("m.room.power_levels", "users"),
    ("m.room.power_levels", "events_default"),
    ("m.room.power_levels", "notifications"),
    ("m.space.child", "via"),
    ("m.space.parent", "via"),
    ("m.policy.rule.user", "entity"),
    ("im.ponies.room_emotes", "images"),
    ("org.example.other", "x"),
];

/// Values that are not what anybody expects there.
fn values() -> Vec<Value> {
    let mut deep = json!(1);
    for _ in 0..60 {
        deep = json!([deep]);
    }
    vec![
        json!(null),
        json!(true),
        json!(0),
        json!(-9_007_199_254_740_991_i64),
        json!(""),
        json!([]),
        json!({}),
        json!([null]),
        json!({ "": null }),
        json!("x".repeat(40_000)),
        json!("\u{0}\u{1}\u{7f}\u{202e}\u{fffe}\u{10ffff}"),
        json!({ "@": [1, { "b": "\u{0}" }] }),
        json!({ "@a:b": "99999999999999999999" }),
        json!([{ "type": 5, "room_id": {} }]),
        deep,
    ]
}

/// Events that refer to others in strange ways.
fn messages() -> Vec<(&'static str, Value)> {
    let relation = |relates_to: Value| json!({ "body": 5, "m.relates_to": relates_to });
    vec![
        ("m.room.message", json!({})),
        ("m.room.message", relation(json!([]))),
        ("m.room.message", relation(json!({ "rel_type": "m.replace", "event_id": 5 }))),
        ("m.room.message", relation(json!({ "rel_type": "m.thread", "event_id": "$nothing" }))),
        ("m.room.message", relation(json!({ "m.in_reply_to": { "event_id": [] } }))),
        ("m.room.message", json!({ "m.mentions": { "user_ids": "@all", "room": "yes" } })),
        ("m.room.message", json!({ "m.mentions": [], "body": "@room \u{0}" })),
        (
            "m.reaction",
            relation(json!({ "rel_type": "m.annotation", "event_id": "$x", "key": {} })),
        ),
        ("m.room.encrypted", json!({ "algorithm": [], "ciphertext": 1, "sender_key": null })),
        ("m.room.name", json!({ "name": "not a state event" })),
        ("m.room.power_levels", json!({ "users": 5 })),
        ("org.matrix.msc3401.call.member", json!({ "memberships": [5] })),
        ("", json!({})),
        ("m.room.message\u{0}", json!({})),
        ("\u{202e}\n\t", json!({})),
    ]
}

/// Everything that the victim's client does, at an endpoint that must answer with 200.
async fn still_fine(victim: &TestUser, room: &str, since: &str, what: &str) -> String {
    let room = encode(room);
    let mut faults = Vec::new();
    let mut check = |path: String, reply: endpoint::testing::Reply| {
        if reply.verdict() != "200" {
            faults.push(format!("{path}: {}", reply.verdict()));
        }
        reply.json()
    };
    let path = format!("/sync?{since}");
    let since = check(path.clone(), victim.get(&path).await)["next_batch"].clone();
    check("/sync".to_owned(), victim.get("/sync?full_state=true").await);
    for path in ["state", "members", "joined_members"] {
        let path = format!("/rooms/{room}/{path}");
        check(path.clone(), victim.get(&path).await);
    }
    if ENDPOINTS.iter().any(|endpoint| endpoint.paths.contains(&SLIDING)) {
        let all =
            json!({ "ranges": [[0, 50]], "timeline_limit": 20, "required_state": [["*", "*"]] });
        check(SLIDING.to_owned(), victim.post(SLIDING, json!({ "lists": { "all": all } })).await);
    }
    assert!(faults.is_empty(), "after {what}: {faults:?}");
    format!("since={}", since.as_str().unwrap())
}

/// Reads backwards until the room begins.
async fn reads_to_the_beginning(victim: &TestUser, room: &str) {
    let (mut from, mut kinds) = (String::new(), Vec::new());
    for _ in 0..1_000 {
        let path = format!("/rooms/{}/messages?dir=b&limit=50{from}", encode(room));
        let page = victim.get(&path).await;
        assert_eq!(page.verdict(), "200", "{path}");
        let page = page.json();
        kinds.extend(page["chunk"].as_array().unwrap().iter().map(|event| event["type"].clone()));
        match page["end"].as_str() {
            Some(end) => from = format!("&from={end}"),
            None => break,
        }
    }
    assert_eq!(kinds.last(), Some(&json!("m.room.create")));
}

#[tokio::test]
async fn nothing_in_a_room_keeps_the_others_from_reading_it() {
    for app in TestApp::on_each_engine().await {
        let (mallory, victim) = (app.user("mallory").await, app.user("victim").await);
        for version in ["9", "12"] {
            let options = json!({ "preset": "public_chat", "room_version": version });
            let room = mallory.create_room(options).await;
            victim.join(&room).await;
            let mut since = still_fine(&victim, &room, "", "nothing").await;
            for (number, (kind, field)) in TYPES.iter().enumerate() {
                for value in values() {
                    let path = format!("/rooms/{}/state/{kind}/", encode(&room));
                    let reply = mallory.put(&path, json!({ *field: value })).await;
                    assert!(
                        reply.status.as_u16() < 500,
                        "{kind} {field} {value}: {}",
                        reply.json()
                    );
                }
                let what = format!("{kind} {field}");
                since = still_fine(&victim, &room, &since, &what).await;
                // The room is as it was, so that the next type is alone to blame.
                if number % 5 == 4 {
                    let path = format!("/rooms/{}/state/m.room.join_rules/", encode(&room));
                    mallory.put(&path, json!({ "join_rule": "public" })).await;
                }
            }
            for (number, (kind, content)) in messages().into_iter().enumerate() {
                let path = format!("/rooms/{}/send/{}/p{number}", encode(&room), encode(kind));
                let reply = mallory.request(Method::PUT, &path, &content).await;
                assert!(reply.status.as_u16() < 500, "{kind} {content}: {}", reply.json());
                since = still_fine(&victim, &room, &since, &format!("{kind} {content}")).await;
            }
            reads_to_the_beginning(&victim, &room).await;
            // Who is asked into such a room can still sync, and say no.
            let guest = app.user(&format!("guest{version}")).await;
            let path = format!("/rooms/{}/invite", encode(&room));
            let invited = mallory.post(&path, json!({ "user_id": guest.id })).await;
            assert!(invited.status.as_u16() < 500, "{}", invited.json());
            let synced = guest.get("/sync").await;
            assert_eq!(synced.verdict(), "200");
            if invited.status == 200 {
                assert!(synced.json()["rooms"]["invite"][&room].is_object());
                let left = guest.post(&format!("/rooms/{}/leave", encode(&room)), json!({})).await;
                assert_eq!(left.verdict(), "200");
            }
        }
    }
}
