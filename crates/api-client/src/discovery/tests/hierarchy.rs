use std::time::Instant;

use serde_json::{Value, json};

use crate::testing::{TestApp, TestUser, encode};

async fn space(user: &TestUser, options: Value) -> String {
    let mut options = options;
    options["creation_content"] = json!({ "type": "m.space" });
    user.create_room(options).await
}

async fn add(user: &TestUser, space: &str, child: &str, content: Value) {
    let mut content = content;
    if content.get("via").is_none() {
        content["via"] = json!(["example.org"]);
    }
    let path = format!("/rooms/{}/state/m.space.child/{}", encode(space), encode(child));
    let reply = user.put(&path, content).await;
    assert_eq!(reply.verdict(), "200", "{}", reply.json());
}

async fn ask(user: &TestUser, space: &str, query: &str) -> Value {
    let path = format!("/_matrix/client/v1/rooms/{}/hierarchy{query}", encode(space));
    let reply = user.get(&path).await;
    assert_eq!(reply.verdict(), "200", "{}", reply.json());
    reply.json()
}

fn ids(page: &Value) -> Vec<String> {
    let rooms = page["rooms"].as_array().unwrap().iter();
    rooms.map(|room| room["room_id"].as_str().unwrap().to_owned()).collect()
}

fn public(name: &str) -> Value {
    json!({ "preset": "public_chat", "name": name })
}

#[tokio::test]
async fn a_tree_is_walked_in_its_order_each_room_once() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let top = space(&alice, public("root")).await;
        let (first, second) =
            (alice.create_room(public("1")).await, alice.create_room(public("2")).await);
        let sub = space(&alice, public("sub")).await;
        let (deep, hidden) =
            (alice.create_room(public("deep")).await, alice.create_room(json!({})).await);
        // By `order`, then by age; what has no valid order comes last.
        add(&alice, &top, &second, json!({ "order": "\u{e9}", "suggested": true })).await;
        app.clock.advance_ms(5);
        add(&alice, &top, &hidden, json!({})).await;
        add(&alice, &top, &first, json!({ "order": "b" })).await;
        add(&alice, &top, &sub, json!({ "order": "a", "suggested": true })).await;
        add(&alice, &top, "!elsewhere:other.example", json!({ "order": "a" })).await;
        add(&alice, &top, "!removed:example.org", json!({ "via": [] })).await;
        add(&alice, &top, "no room", json!({})).await;
        add(&alice, &sub, &deep, json!({})).await;
        app.clock.advance_ms(5);
        add(&alice, &sub, &first, json!({})).await;
        // A way back up is not gone again.
        add(&alice, &sub, &top, json!({})).await;

        let all = ask(&alice, &top, "").await;
        // `first` is reached through `sub` before its own turn comes.
        let expected = vec![&top, &sub, &deep, &first, &second, &hidden];
        assert_eq!(ids(&all), expected.into_iter().cloned().collect::<Vec<_>>());
        assert!(all.get("next_batch").is_none(), "{all}");
        let children = all["rooms"][0]["children_state"].as_array().unwrap();
        let keys: Vec<_> =
            children.iter().map(|child| child["state_key"].as_str().unwrap()).collect();
        assert_eq!(keys.len(), 5, "{keys:?}");
        assert_eq!(keys[..2].iter().filter(|key| **key == sub).count(), 1);
        let fields: Vec<_> = children[0].as_object().unwrap().keys().cloned().collect();
        assert_eq!(fields, ["content", "origin_server_ts", "sender", "state_key", "type"]);
        assert_eq!(all["rooms"][2]["children_state"], json!([]));
        assert_eq!(all["rooms"][0]["room_type"], "m.space");

        // Who is a stranger sees what anybody may enter.
        let seen = ids(&ask(&bob, &top, "").await);
        assert!(!seen.contains(&hidden) && seen.len() == 5, "{seen:?}");
        assert_eq!(ids(&ask(&bob, &top, "?max_depth=0").await), std::slice::from_ref(&top));
        let level = ids(&ask(&bob, &top, "?max_depth=1").await);
        assert_eq!(level, [&top, &sub, &first, &second].map(Clone::clone));
        let suggested = ask(&bob, &top, "?suggested_only=true").await;
        assert_eq!(ids(&suggested), [&top, &sub, &second].map(Clone::clone));
        assert_eq!(suggested["rooms"][0]["children_state"].as_array().unwrap().len(), 2);
    }
}

#[tokio::test]
async fn pages_have_every_room_once_and_keep_to_their_walk() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let top = space(&alice, public("root")).await;
        for name in ["a", "b", "c", "d", "e"] {
            let room = alice.create_room(public(name)).await;
            add(&alice, &top, &room, json!({ "order": name })).await;
        }
        let whole = ids(&ask(&alice, &top, "").await);
        assert_eq!(whole.len(), 6);
        let (mut paged, mut query) = (Vec::new(), "?limit=2".to_owned());
        loop {
            let page = ask(&alice, &top, &query).await;
            paged.extend(ids(&page));
            assert!(paged.len() <= 6, "{paged:?}");
            match page["next_batch"].as_str() {
                Some(next) => query = format!("?limit=2&from={}", encode(next)),
                None => break,
            }
        }
        assert_eq!(paged, whole);

        // The room that a page ended with has left the space: the walk goes on where it would have been.
        let next = ask(&alice, &top, "?limit=3").await["next_batch"].as_str().unwrap().to_owned();
        add(&alice, &top, &whole[2], json!({ "via": [] })).await;
        let rest = ids(&ask(&alice, &top, &format!("?from={}", encode(&next))).await);
        assert_eq!(rest, whole[4..], "one room moved up into its place");

        let path = format!("/_matrix/client/v1/rooms/{}/hierarchy", encode(&top));
        for query in [
            "?from=nonsense".to_owned(),
            "?from=".to_owned(),
            "?limit=0".to_owned(),
            "?limit=-1".to_owned(),
            "?max_depth=-1".to_owned(),
            format!("?suggested_only=true&from={}", encode(&next)),
            format!("?max_depth=1&from={}", encode(&next)),
        ] {
            let reply = alice.get(&format!("{path}{query}")).await;
            assert_eq!(reply.verdict(), "400 M_INVALID_PARAM", "{query}");
        }
    }
}

#[tokio::test]
async fn members_of_an_allowed_room_see_a_restricted_one() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let top = space(&alice, public("root")).await;
        let rule = json!({
            "join_rule": "restricted", "allow": [{ "type": "m.room_membership", "room_id": top }],
        });
        let state = json!([{ "type": "m.room.join_rules", "content": rule }]);
        let room = alice.create_room(json!({ "initial_state": state })).await;
        add(&alice, &top, &room, json!({})).await;
        assert_eq!(ids(&ask(&bob, &top, "").await), std::slice::from_ref(&top));
        bob.join(&top).await;
        let seen = ask(&bob, &top, "").await;
        assert_eq!(ids(&seen), [top.clone(), room.clone()]);
        assert_eq!(seen["rooms"][1]["allowed_room_ids"], json!([top]));
        assert_eq!(seen["rooms"][1]["join_rule"], "restricted");

        let closed = space(&alice, json!({})).await;
        for nobody in [closed.as_str(), "!nowhere:example.org"] {
            let path = format!("/_matrix/client/v1/rooms/{}/hierarchy", encode(nobody));
            assert_eq!(bob.get(&path).await.verdict(), "403 M_FORBIDDEN");
        }
        let banned = json!({ "user_id": bob.id });
        alice.post(&format!("/rooms/{}/ban", encode(&top)), banned).await;
        let path = format!("/_matrix/client/v1/rooms/{}/hierarchy", encode(&top));
        assert_eq!(bob.get(&path).await.verdict(), "403 M_FORBIDDEN");
    }
}

#[tokio::test]
async fn a_space_of_five_hundred_rooms_is_quick() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let top = space(&alice, public("root")).await;
        for number in 0..500 {
            let room = alice.create_room(public(&number.to_string())).await;
            add(&alice, &top, &room, json!({})).await;
        }
        let start = Instant::now();
        let page = ask(&alice, &top, "").await;
        let took = start.elapsed();
        assert_eq!(page["rooms"].as_array().unwrap().len(), 50);
        eprintln!("first page of 500 rooms: {took:?}");
        // 30 ms in a release build; a debug build on a machine that others use has ten times as long.
        assert!(took.as_millis() < 300, "{took:?}");
    }
}
