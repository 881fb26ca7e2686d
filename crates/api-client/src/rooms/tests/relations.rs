//! Relations, threads, and what is bundled with events.
use serde_json::{Value, json};

use crate::testing::{TestApp, TestUser, encode};

/// Sends an event that relates to another one.
async fn relate(user: &TestUser, room: &str, parent: &str, rel_type: &str, words: &str) -> String {
    let content = json!({
        "msgtype": "m.text", "body": words, "m.new_content": { "body": words },
        "m.relates_to": { "rel_type": rel_type, "event_id": parent },
    });
    send(user, room, "m.room.message", words, content).await
}

async fn send(user: &TestUser, room: &str, kind: &str, id: &str, content: Value) -> String {
    let path = format!("/rooms/{}/send/{kind}/{}", encode(room), encode(id));
    let reply = user.put(&path, content).await;
    assert_eq!(reply.verdict(), "200", "{}", reply.json());
    reply.json()["event_id"].as_str().unwrap().to_owned()
}

async fn react(user: &TestUser, room: &str, parent: &str, key: &str, id: &str) -> String {
    let relation = json!({ "rel_type": "m.annotation", "event_id": parent, "key": key });
    let path = format!("/rooms/{}/send/m.reaction/{id}", encode(room));
    user.put(&path, json!({ "m.relates_to": relation })).await.verdict()
}

async fn get(user: &TestUser, room: &str, rest: &str) -> Value {
    let reply = user.get(&format!("/_matrix/client/v1/rooms/{}/{rest}", encode(room))).await;
    assert_eq!(reply.verdict(), "200", "{rest}: {}", reply.json());
    reply.json()
}

async fn event(user: &TestUser, room: &str, event: &str) -> Value {
    user.get(&format!("/rooms/{}/event/{}", encode(room), encode(event))).await.json()
}

fn ids(reply: &Value) -> Vec<&str> {
    let chunk = reply["chunk"].as_array().unwrap();
    chunk.iter().map(|event| event["event_id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn relations_are_read_in_pages_by_their_types() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let room = alice.create_room(json!({})).await;
        let opener = alice.say(&room, "root").await;
        let one = relate(&alice, &room, &opener, "m.thread", "one").await;
        alice.say(&room, "between").await;
        let two = relate(&alice, &room, &opener, "m.thread", "two").await;
        let other = relate(&alice, &room, &opener, "org.x", "other").await;
        assert_eq!(react(&alice, &room, &opener, "k", "r").await, "200");
        let of = format!("relations/{}", encode(&opener));
        assert_eq!(get(&alice, &room, &of).await["chunk"].as_array().unwrap().len(), 4);
        let threads = get(&alice, &room, &format!("{of}/m.thread")).await;
        assert_eq!(ids(&threads), [&*two, &*one]);
        assert_eq!((&threads["next_batch"], &threads["prev_batch"]), (&Value::Null, &Value::Null));
        let typed = get(&alice, &room, &format!("{of}/org.x/m.room.message")).await;
        assert_eq!(ids(&typed), [&*other]);
        let typed = get(&alice, &room, &format!("{of}/org.x/m.reaction")).await;
        assert!(ids(&typed).is_empty());
        for (dir, order) in [("b", [&*two, &*one]), ("f", [&*one, &*two])] {
            let first = get(&alice, &room, &format!("{of}/m.thread?dir={dir}&limit=1")).await;
            assert_eq!(ids(&first), [order[0]]);
            let from = first["next_batch"].as_str().unwrap();
            let path = format!("{of}/m.thread?dir={dir}&limit=1&from={from}&recurse=true");
            let second = get(&alice, &room, &path).await;
            assert_eq!(ids(&second), [order[1]]);
            assert_eq!(second["next_batch"], Value::Null);
            assert_eq!(
                (&second["prev_batch"], &second["recursion_depth"]),
                (&json!(from), &json!(3))
            );
        }
        for (rest, expected) in [
            ("relations/$nothing".to_owned(), "404 M_NOT_FOUND"),
            (format!("{of}?from=x"), "400 M_INVALID_PARAM"),
            (format!("{of}?dir=x"), "400 M_INVALID_PARAM"),
            (format!("{of}?limit=x"), "400 M_INVALID_PARAM"),
            (format!("{of}?recurse=x"), "400 M_INVALID_PARAM"),
            ("threads?include=x".to_owned(), "400 M_INVALID_PARAM"),
            ("threads?from=x".to_owned(), "400 M_INVALID_PARAM"),
        ] {
            let path = format!("/_matrix/client/v1/rooms/{}/{rest}", encode(&room));
            assert_eq!(alice.get(&path).await.verdict(), expected, "{rest}");
        }
    }
}

#[tokio::test]
async fn only_valid_edits_are_shown() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let room = alice.create_room(json!({ "preset": "public_chat" })).await;
        bob.join(&room).await;
        let said = alice.say(&room, "said").await;
        let edit = async || event(&bob, &room, &said).await["unsigned"]["m.relations"].clone();
        relate(&bob, &room, &said, "m.replace", "not mine").await;
        let relation = json!({ "rel_type": "m.replace", "event_id": said });
        let nothing_new = json!({ "body": "x", "m.relates_to": relation });
        send(&alice, &room, "m.room.message", "nothing new", nothing_new).await;
        let other_type = json!({ "m.new_content": {}, "m.relates_to": relation });
        send(&alice, &room, "org.x", "other type", other_type).await;
        assert_eq!(edit().await, Value::Null);
        app.clock.advance_ms(1);
        relate(&alice, &room, &said, "m.replace", "first").await;
        app.clock.advance_ms(1);
        let second = relate(&alice, &room, &said, "m.replace", "second").await;
        let shown = edit().await["m.replace"].clone();
        assert_eq!(shown["event_id"], second.as_str());
        assert_eq!(shown["content"]["m.new_content"]["body"], "second");
        assert_eq!(event(&bob, &room, &said).await["content"]["body"], "said");
        // An edit is not edited itself.
        relate(&alice, &room, &second, "m.replace", "third").await;
        assert_eq!(event(&bob, &room, &second).await["unsigned"]["m.relations"], Value::Null);
        let path = format!("/rooms/{}/redact/{}/1", encode(&room), encode(&said));
        assert_eq!(alice.put(&path, json!({})).await.verdict(), "200");
        assert_eq!(edit().await, Value::Null);
    }
}

#[tokio::test]
async fn threads_are_bundled_wherever_a_timeline_is_shown() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let room = alice.create_room(json!({ "preset": "public_chat" })).await;
        bob.join(&room).await;
        let opener = alice.say(&room, "root").await;
        relate(&alice, &room, &opener, "m.thread", "one").await;
        let two = relate(&alice, &room, &opener, "m.thread", "two").await;
        let edit = relate(&alice, &room, &two, "m.replace", "two again").await;
        let check = |shown: &Value, participated: bool, place: &str| {
            let thread = &shown["unsigned"]["m.relations"]["m.thread"];
            assert_eq!(thread["count"], 2, "{place}: {shown}");
            assert_eq!(thread["current_user_participated"], participated, "{place}");
            assert_eq!(thread["latest_event"]["event_id"], two.as_str(), "{place}");
            let nested = &thread["latest_event"]["unsigned"]["m.relations"]["m.replace"];
            assert_eq!(nested["event_id"], edit.as_str(), "{place}");
            assert_eq!(shown["unsigned"]["membership"], "join", "{place}");
        };
        let root_of = |events: &Value| {
            let mut events = events.as_array().unwrap().iter();
            events.find(|event| event["event_id"] == opener.as_str()).unwrap().clone()
        };
        check(&event(&bob, &room, &opener).await, false, "event");
        check(&event(&alice, &room, &opener).await, true, "event");
        let path = format!("/rooms/{}", encode(&room));
        let page = bob.get(&format!("{path}/messages?dir=b")).await.json();
        check(&root_of(&page["chunk"]), false, "messages");
        let context = bob.get(&format!("{path}/context/{}", encode(&opener))).await.json();
        check(&context["event"], false, "context");
        let context = bob.get(&format!("{path}/context/{}", encode(&two))).await.json();
        check(&root_of(&context["events_before"]), false, "context");
        let synced = bob.get("/sync").await.json();
        check(&root_of(&synced["rooms"]["join"][&room]["timeline"]["events"]), false, "sync");
        let subscription = json!({ "timeline_limit": 10, "required_state": [] });
        let body = json!({ "room_subscriptions": { &room: subscription } });
        let path = "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync";
        let synced = bob.post(path, body).await.json();
        check(&root_of(&synced["rooms"][&room]["timeline"]), false, "sliding");
        let listed = get(&bob, &room, "threads").await;
        check(&listed["chunk"][0], false, "threads");
    }
}

#[tokio::test]
async fn threads_are_listed_by_their_latest_event() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let room = alice.create_room(json!({ "preset": "public_chat" })).await;
        bob.join(&room).await;
        let (old, new) = (alice.say(&room, "old").await, bob.say(&room, "new").await);
        relate(&alice, &room, &new, "m.thread", "1").await;
        relate(&alice, &room, &old, "m.thread", "2").await;
        assert_eq!(ids(&get(&bob, &room, "threads").await), [&*old, &*new]);
        relate(&alice, &room, &new, "m.thread", "3").await;
        assert_eq!(ids(&get(&bob, &room, "threads").await), [&*new, &*old]);
        assert_eq!(ids(&get(&bob, &room, "threads?include=participated").await), [&*new]);
        relate(&bob, &room, &old, "m.thread", "4").await;
        assert_eq!(ids(&get(&bob, &room, "threads?include=participated").await), [&*old, &*new]);
        let first = get(&bob, &room, "threads?limit=1").await;
        let from = first["next_batch"].as_str().unwrap();
        let second = get(&bob, &room, &format!("threads?limit=1&from={from}")).await;
        assert_eq!((ids(&first), ids(&second)), (vec![&*old], vec![&*new]));
        assert_eq!(second["next_batch"], Value::Null);
    }
}

#[tokio::test]
async fn whoever_has_left_is_shown_nothing_that_came_later() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let room = alice.create_room(json!({ "preset": "public_chat" })).await;
        bob.join(&room).await;
        let (opener, later) = (alice.say(&room, "root").await, alice.say(&room, "later").await);
        let one = relate(&alice, &room, &opener, "m.thread", "one").await;
        assert_eq!(
            bob.post(&format!("/rooms/{}/leave", encode(&room)), json!({})).await.verdict(),
            "200"
        );
        relate(&alice, &room, &opener, "m.thread", "two").await;
        relate(&alice, &room, &opener, "m.replace", "edit").await;
        relate(&alice, &room, &opener, "m.reference", "reference").await;
        relate(&alice, &room, &later, "m.thread", "three").await;
        let shown = event(&bob, &room, &opener).await["unsigned"]["m.relations"].clone();
        assert_eq!(shown["m.thread"]["count"], 1, "{shown}");
        assert_eq!(shown["m.thread"]["latest_event"]["event_id"], one.as_str());
        assert_eq!((&shown["m.replace"], &shown["m.reference"]), (&Value::Null, &Value::Null));
        let children = get(&bob, &room, &format!("relations/{}", encode(&opener))).await;
        assert_eq!(ids(&children), [&*one]);
        assert_eq!(ids(&get(&bob, &room, "threads").await), [&*opener]);
    }
}

#[tokio::test]
async fn relations_that_make_no_sense_are_refused() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let room = alice.create_room(json!({ "preset": "public_chat" })).await;
        bob.join(&room).await;
        let opener = alice.say(&room, "root").await;
        assert_eq!(react(&alice, &room, &opener, "k", "1").await, "200");
        assert_eq!(react(&alice, &room, &opener, "k", "2").await, "400 M_DUPLICATE_ANNOTATION");
        assert_eq!(react(&alice, &room, &opener, "l", "3").await, "200");
        assert_eq!(react(&bob, &room, &opener, "k", "4").await, "200");
        let one = relate(&alice, &room, &opener, "m.thread", "one").await;
        let path = format!("/rooms/{}/send/m.room.message/5", encode(&room));
        let relation = json!({ "rel_type": "m.thread", "event_id": one });
        let reply = alice.put(&path, json!({ "body": "x", "m.relates_to": relation })).await;
        assert_eq!(reply.verdict(), "400 M_UNKNOWN");
    }
}

#[tokio::test]
async fn filters_look_for_what_is_related_to() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let room = alice.create_room(json!({ "preset": "public_chat" })).await;
        bob.join(&room).await;
        let (one, two) = (alice.say(&room, "one").await, alice.say(&room, "two").await);
        alice.say(&room, "three").await;
        relate(&bob, &room, &one, "m.thread", "a").await;
        relate(&alice, &room, &two, "org.x", "b").await;
        let page = async |filter: Value| {
            let filter = encode(&filter.to_string());
            let path = format!("/rooms/{}/messages?dir=f&limit=50&filter={filter}", encode(&room));
            let page = bob.get(&path).await.json();
            ids(&page).into_iter().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(page(json!({ "related_by_rel_types": ["m.thread"] })).await, [&*one]);
        assert_eq!(page(json!({ "related_by_senders": [alice.id] })).await, [&*two]);
        let both = json!({ "related_by_senders": [bob.id], "related_by_rel_types": ["m.thread"] });
        assert_eq!(page(both).await, [&*one]);
        let none = json!({ "related_by_senders": ["@nobody:example.org"] });
        assert!(page(none).await.is_empty());
    }
}

#[tokio::test]
async fn a_redaction_takes_relations_with_it() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let room = alice.create_room(json!({ "preset": "public_chat" })).await;
        bob.join(&room).await;
        let redact = async |user: &TestUser, event: &str, id: &str, body: Value| {
            let path = format!("/rooms/{}/redact/{}/{id}", encode(&room), encode(event));
            user.put(&path, body).await.verdict()
        };
        let opener = bob.say(&room, "root").await;
        let own = relate(&bob, &room, &opener, "m.replace", "own").await;
        let other = relate(&alice, &room, &opener, "m.replace", "other").await;
        let thread = relate(&bob, &room, &opener, "m.thread", "thread").await;
        let is_empty = async |id: &str| event(&alice, &room, id).await["content"] == json!({});
        for bad in [json!("m.replace"), json!([3])] {
            let verdict = redact(&bob, &opener, "0", json!({ "with_rel_types": bad })).await;
            assert_eq!(verdict, "400 M_BAD_JSON");
        }
        assert!(!is_empty(&opener).await);
        let body = json!({ "reason": "gone", "org.matrix.msc3912.with_relations": ["m.replace"] });
        assert_eq!(redact(&bob, &opener, "1", body.clone()).await, "200");
        assert!(is_empty(&opener).await && is_empty(&own).await);
        // Somebody else's, and another relation.
        assert!(!is_empty(&other).await && !is_empty(&thread).await);
        let because = event(&alice, &room, &own).await["unsigned"]["redacted_because"].clone();
        assert_eq!(because["content"]["reason"], "gone");
        assert!(because["content"].get("org.matrix.msc3912.with_relations").is_none());
        assert_eq!(redact(&bob, &opener, "1", body).await, "200");
        let every = json!({ "with_rel_types": ["*"] });
        assert_eq!(redact(&alice, &opener, "2", every).await, "200");
        assert!(is_empty(&other).await && is_empty(&thread).await);
    }
}
