//! What is told of a room.
use serde_json::{Value, json};

use super::{Connection, first, keys, named, told, words};
use crate::testing::{TestApp, TestUser, encode};

async fn set_state(user: &TestUser, room: &str, kind: &str, key: &str, content: Value) {
    let path = format!("/rooms/{}/state/{kind}/{key}", encode(room));
    let reply = user.put(&path, content).await;
    assert_eq!(reply.verdict(), "200", "{}", reply.json());
}

fn subscribe(room: &str, timeline_limit: u64, required_state: Value) -> Value {
    json!({ "room_subscriptions": { room: {
        "timeline_limit": timeline_limit,
        "required_state": required_state,
    } } })
}

#[tokio::test]
async fn a_room_is_told_whole_and_then_by_what_changes() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let room = ada.create_room(named("the room")).await;
        bob.join(&room).await;
        ada.say(&room, "one").await;
        ada.say(&room, "two").await;
        let state = || json!([["m.room.name", ""], ["m.room.topic", ""], ["m.room.create", ""]]);
        let mut connection = Connection::new(&bob, "c");

        let answer = connection.ask(first(5, 2, state())).await;
        let told = &answer["rooms"][&room];
        assert_eq!(told["initial"], true);
        assert_eq!(told["name"], "the room");
        assert_eq!(told["membership"], "join");
        assert_eq!((&told["joined_count"], &told["invited_count"]), (&json!(2), &json!(0)));
        assert_eq!(words(&answer, &room), ["one", "two"]);
        assert_eq!((&told["limited"], &told["num_live"]), (&json!(true), &json!(0)));
        assert!(told.get("heroes").is_none() && told.get("avatar").is_none());
        let expected = [("m.room.create", ""), ("m.room.name", "")];
        assert_eq!(
            keys(&answer, &room),
            expected.map(|(kind, key)| (kind.to_owned(), key.to_owned()))
        );

        // From the first timeline a client pages back.
        let prev_batch = told["prev_batch"].as_str().unwrap();
        let path = format!("/rooms/{}/messages?dir=b&limit=1&from={prev_batch}", encode(&room));
        assert_eq!(bob.get(&path).await.json()["chunk"][0]["type"], "m.room.member");

        ada.say(&room, "three").await;
        set_state(&ada, &room, "m.room.topic", "", json!({ "topic": "words" })).await;
        let answer = connection.ask(first(5, 2, state())).await;
        let told = &answer["rooms"][&room];
        assert!(told.get("initial").is_none() && told.get("name").is_none());
        assert!(told.get("joined_count").is_none());
        assert_eq!((&told["limited"], &told["num_live"]), (&json!(false), &json!(2)));
        assert_eq!(keys(&answer, &room), [("m.room.topic".to_owned(), String::new())]);
        assert_eq!(words(&answer, &room), ["three"]);

        assert!(super::told(&connection.ask(first(5, 2, state())).await).is_empty());
    }
}

#[tokio::test]
async fn a_gap_is_told_with_the_state_of_it() {
    for app in TestApp::on_each_engine().await {
        let ada = app.user("ada").await;
        let room = ada.create_room(named("room")).await;
        let state = || json!([["m.room.topic", ""]]);
        let mut connection = Connection::new(&ada, "c");
        connection.ask(first(5, 2, state())).await;
        set_state(&ada, &room, "m.room.topic", "", json!({ "topic": "in the gap" })).await;
        for words in ["one", "two", "three"] {
            ada.say(&room, words).await;
        }
        let answer = connection.ask(first(5, 2, state())).await;
        assert_eq!(words(&answer, &room), ["two", "three"]);
        assert_eq!(answer["rooms"][&room]["limited"], true);
        assert_eq!(answer["rooms"][&room]["required_state"][0]["content"]["topic"], "in the gap");
    }
}

#[tokio::test]
async fn name_avatar_and_heroes_follow_the_state() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let room = ada.create_room(json!({ "preset": "public_chat" })).await;
        let mut connection = Connection::new(&ada, "c");
        let answer = connection.ask(first(5, 1, json!([]))).await;
        assert_eq!(answer["rooms"][&room]["heroes"], json!([]));

        bob.join(&room).await;
        let answer = connection.ask(first(5, 1, json!([]))).await;
        let hero = json!([{ "user_id": bob.id, "displayname": "bob" }]);
        assert_eq!(answer["rooms"][&room]["heroes"], hero);
        assert_eq!(answer["rooms"][&room]["joined_count"], 2);

        set_state(&ada, &room, "m.room.name", "", json!({ "name": "a name" })).await;
        set_state(&ada, &room, "m.room.avatar", "", json!({ "url": "mxc://example.org/a" })).await;
        let answer = connection.ask(first(5, 1, json!([]))).await;
        assert_eq!(answer["rooms"][&room]["name"], "a name");
        assert_eq!(answer["rooms"][&room]["avatar"], "mxc://example.org/a");
        assert!(answer["rooms"][&room].get("heroes").is_none());

        set_state(&ada, &room, "m.room.name", "", json!({})).await;
        set_state(&ada, &room, "m.room.avatar", "", json!({})).await;
        let answer = connection.ask(first(5, 1, json!([]))).await;
        let told = answer["rooms"][&room].as_object().unwrap();
        assert_eq!((&told["name"], &told["avatar"]), (&Value::Null, &Value::Null));
        assert_eq!(told["heroes"], hero);
    }
}

#[tokio::test]
async fn a_longer_timeline_is_told_at_once() {
    for app in TestApp::on_each_engine().await {
        let ada = app.user("ada").await;
        let room = ada.create_room(named("room")).await;
        for words in ["one", "two", "three"] {
            ada.say(&room, words).await;
        }
        let mut connection = Connection::new(&ada, "c");
        assert_eq!(words(&connection.ask(first(5, 1, json!([]))).await, &room), ["three"]);

        let longer = || {
            let mut body = first(5, 1, json!([]));
            body["room_subscriptions"] =
                subscribe(&room, 3, json!([]))["room_subscriptions"].clone();
            body
        };
        let answer = connection.ask(longer()).await;
        assert_eq!(words(&answer, &room), ["one", "two", "three"]);
        assert_eq!(answer["rooms"][&room]["unstable_expanded_timeline"], true);
        assert_eq!(answer["rooms"][&room]["num_live"], 0);
        assert!(answer["rooms"][&room].get("initial").is_none());
        // What the client has, it is not told again.
        assert!(told(&connection.ask(first(5, 1, json!([]))).await).is_empty());
        assert!(told(&connection.ask(longer()).await).is_empty());
        // It has lost sight of the latest events where a shorter timeline has left a gap.
        ada.say(&room, "four").await;
        ada.say(&room, "five").await;
        assert_eq!(words(&connection.ask(first(5, 1, json!([]))).await, &room), ["five"]);
        assert_eq!(words(&connection.ask(longer()).await, &room), ["three", "four", "five"]);
    }
}

#[tokio::test]
async fn more_wanted_state_is_told_at_once() {
    for app in TestApp::on_each_engine().await {
        let ada = app.user("ada").await;
        let room = ada.create_room(named("room")).await;
        set_state(&ada, &room, "m.room.topic", "", json!({ "topic": "words" })).await;
        let mut connection = Connection::new(&ada, "c");
        connection.ask(subscribe(&room, 1, json!([["m.room.name", ""]]))).await;
        let more = || subscribe(&room, 1, json!([["m.room.name", ""], ["m.room.topic", ""]]));
        let answer = connection.ask(more()).await;
        assert_eq!(keys(&answer, &room), [("m.room.topic".to_owned(), String::new())]);
        assert_eq!(answer["rooms"][&room]["timeline"], json!([]));
        assert!(told(&connection.ask(more()).await).is_empty());
        // Fewer are no news, and what is no longer wanted is not told.
        assert!(told(&connection.ask(subscribe(&room, 1, json!([]))).await).is_empty());
        set_state(&ada, &room, "m.room.name", "", json!({ "name": "another" })).await;
        let answer = connection.ask(subscribe(&room, 1, json!([]))).await;
        assert!(keys(&answer, &room).is_empty());
        assert_eq!(answer["rooms"][&room]["name"], "another");
        // Wanted again, it is told with what happened meanwhile.
        assert_eq!(keys(&connection.ask(more()).await, &room).len(), 2);
    }
}

#[tokio::test]
async fn members_are_told_as_the_timeline_needs_them() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob, cem) = (app.user("ada").await, app.user("bob").await, app.user("cem").await);
        let room = ada.create_room(named("room")).await;
        bob.join(&room).await;
        cem.join(&room).await;
        bob.say(&room, "hello").await;
        let state = || json!([["m.room.member", "$LAZY"], ["m.room.member", "$ME"]]);
        let member = |user: &TestUser| ("m.room.member".to_owned(), user.id.to_string());
        let mut connection = Connection::new(&ada, "c");

        let answer = connection.ask(first(5, 1, state())).await;
        assert_eq!(keys(&answer, &room), [member(&ada), member(&bob)]);
        bob.say(&room, "again").await;
        cem.say(&room, "me too").await;
        let answer = connection.ask(first(5, 2, state())).await;
        assert_eq!(keys(&answer, &room), [member(&cem)]);
        // Whoever changes is told, though nothing of the timeline is theirs.
        let path = format!("/profile/{}/displayname", encode(bob.id.as_str()));
        assert_eq!(bob.put(&path, json!({ "displayname": "Robert" })).await.verdict(), "200");
        let answer = connection.ask(first(5, 2, state())).await;
        assert_eq!(keys(&answer, &room), [member(&bob)]);
        // Behind a gap, a client knows nobody.
        for _ in 0..3 {
            bob.say(&room, "hello").await;
        }
        let answer = connection.ask(first(5, 2, state())).await;
        assert_eq!(keys(&answer, &room), [member(&bob)]);
    }
}

#[tokio::test]
async fn stars_in_required_state() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let room = ada.create_room(named("room")).await;
        bob.join(&room).await;
        set_state(&ada, &room, "org.example.thing", "a", json!({ "x": 1 })).await;
        set_state(&ada, &room, "org.example.thing", "b", json!({ "x": 1 })).await;
        set_state(&ada, &room, "org.example.other", "b", json!({ "x": 1 })).await;
        let ask = async |required_state: Value| {
            let answer = Connection::new(&ada, "c").ask(first(5, 1, required_state)).await;
            keys(&answer, &room)
        };
        let pair = |kind: &str, key: &str| (kind.to_owned(), key.to_owned());
        assert_eq!(
            ask(json!([["org.example.thing", "*"]])).await,
            [pair("org.example.thing", "a"), pair("org.example.thing", "b")]
        );
        assert_eq!(
            ask(json!([["*", "b"]])).await,
            [pair("org.example.other", "b"), pair("org.example.thing", "b")]
        );
        let all = ask(json!([["*", "*"]])).await;
        assert!(all.contains(&pair("m.room.create", "")));
        assert_eq!(all.iter().filter(|(kind, _)| kind == "m.room.member").count(), 2);
        let lazy = ask(json!([["*", "*"], ["m.room.member", "$LAZY"]])).await;
        // Only who has sent the last event.
        assert_eq!(lazy.len(), all.len() - 1);
    }
}

#[tokio::test]
async fn a_room_is_bumped_by_what_people_say() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let room = ada.create_room(named("room")).await;
        bob.join(&room).await;
        let mut connection = Connection::new(&ada, "c");
        let stamp = |answer: &Value| answer["rooms"][&room]["bump_stamp"].as_i64().unwrap();
        let before = stamp(&connection.ask(first(5, 1, json!([]))).await);
        set_state(&ada, &room, "m.room.topic", "", json!({ "topic": "words" })).await;
        assert_eq!(stamp(&connection.ask(first(5, 1, json!([]))).await), before);
        bob.say(&room, "hello").await;
        assert!(stamp(&connection.ask(first(5, 1, json!([]))).await) > before);
    }
}

#[tokio::test]
async fn counts_follow_what_is_read() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let room = ada.create_room(named("room")).await;
        bob.join(&room).await;
        let mut connection = Connection::new(&ada, "c");
        let count = |answer: &Value| answer["rooms"][&room]["notification_count"].clone();
        assert_eq!(count(&connection.ask(first(5, 1, json!([]))).await), 0);
        let event = bob.say(&room, "hello").await;
        assert_eq!(count(&connection.ask(first(5, 1, json!([]))).await), 1);
        let path = format!("/rooms/{}/receipt/m.read.private/{}", encode(&room), encode(&event));
        assert_eq!(ada.post(&path, json!({})).await.verdict(), "200");
        let answer = connection.ask(first(5, 1, json!([]))).await;
        assert_eq!(count(&answer), 0);
        assert_eq!(answer["rooms"][&room]["timeline"], json!([]));
    }
}

#[tokio::test]
async fn what_was_read_while_a_room_was_in_no_window_is_told_when_it_is_in_one_again() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let (low, high) =
            (ada.create_room(named("low")).await, ada.create_room(named("high")).await);
        bob.join(&low).await;
        bob.join(&high).await;
        let window = |rooms: u64| {
            let mut body = first(rooms, 1, json!([]));
            body["extensions"] = json!({ "receipts": { "enabled": true } });
            body
        };
        for (name, kind, waits_ms) in [("public", "m.read", 0), ("private", "m.read.private", 1)] {
            let event = bob.say(&low, "hello").await;
            bob.say(&high, "hello").await;
            let mut connection = Connection::new(&ada, name);
            let answer = connection.ask(window(2)).await;
            assert_eq!(answer["rooms"][&low]["notification_count"], 1);
            connection.ask(window(1)).await;
            let path = format!("/rooms/{}/receipt/{kind}/{}", encode(&low), encode(&event));
            assert_eq!(ada.post(&path, json!({})).await.verdict(), "200");
            // Told to a client that waits in vain, too.
            assert!(told(&connection.wait(window(1), waits_ms).await).is_empty());
            assert!(told(&connection.ask(window(1)).await).is_empty());
            let answer = connection.ask(window(2)).await;
            assert_eq!(told(&answer), [&*low]);
            assert_eq!(answer["rooms"][&low]["notification_count"], 0);
            assert_eq!(answer["rooms"][&low]["timeline"], json!([]));
            let receipts = &answer["extensions"]["receipts"]["rooms"][&low]["content"];
            assert!(receipts[&event][kind][ada.id.as_str()]["ts"].is_i64(), "{answer}");
            let answer = connection.ask(window(2)).await;
            assert!(told(&answer).is_empty() && answer["extensions"] == json!({}), "{answer}");
        }
    }
}

#[tokio::test]
async fn a_client_sees_its_own_transaction_ids() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let room = ada.create_room(named("room")).await;
        bob.join(&room).await;
        ada.say(&room, "hello").await;
        for (user, sees) in [(&ada, true), (&bob, false)] {
            let answer = Connection::new(user, "c").ask(first(5, 1, json!([]))).await;
            let event = &answer["rooms"][&room]["timeline"][0];
            assert_eq!(event["unsigned"].get("transaction_id").is_some(), sees);
            assert!(event.get("room_id").is_none());
        }
    }
}
