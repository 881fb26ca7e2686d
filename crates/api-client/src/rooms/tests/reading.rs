use serde_json::{Value, json};

use crate::testing::{TestApp, TestUser, encode};

async fn page(user: &TestUser, room: &str, query: &str) -> Value {
    let reply = user.get(&format!("/rooms/{}/messages?{query}", encode(room))).await;
    assert_eq!(reply.verdict(), "200", "{query}: {}", reply.json());
    reply.json()
}

fn bodies(page: &Value) -> Vec<String> {
    let events = page["chunk"].as_array().unwrap().iter();
    events.filter_map(|event| event["content"]["body"].as_str().map(str::to_owned)).collect()
}

#[tokio::test]
async fn pages_join_up_in_both_directions() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let room = alice.create_room(json!({})).await;
        for number in 0..10 {
            alice.say(&room, &number.to_string()).await;
        }
        let filter = "filter=%7B%22types%22%3A%5B%22m.room.message%22%5D%7D&limit=4";
        let (mut seen, mut from) = (Vec::new(), String::new());
        loop {
            let page = page(&alice, &room, &format!("dir=b&{filter}{from}")).await;
            seen.extend(bodies(&page));
            let Some(end) = page["end"].as_str() else { break };
            from = format!("&from={end}");
        }
        assert_eq!(seen, ["9", "8", "7", "6", "5", "4", "3", "2", "1", "0"]);
        let (mut seen, mut from) = (Vec::new(), String::new());
        loop {
            let page = page(&alice, &room, &format!("dir=f&{filter}{from}")).await;
            seen.extend(bodies(&page));
            let Some(end) = page["end"].as_str() else { break };
            from = format!("&from={end}");
        }
        assert_eq!(seen, ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    }
}

#[tokio::test]
async fn lazy_members_are_those_who_spoke() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let room = alice.create_room(json!({ "preset": "public_chat" })).await;
        bob.join(&room).await;
        bob.say(&room, "hello").await;
        let lazy = "filter=%7B%22lazy_load_members%22%3Atrue%7D";
        let page = page(&alice, &room, &format!("dir=b&limit=1&{lazy}")).await;
        assert_eq!(page["state"].as_array().unwrap().len(), 1, "{page}");
        assert_eq!(page["state"][0]["state_key"], bob.id.as_str());
    }
}

#[tokio::test]
async fn an_event_stands_between_its_neighbors() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let room = alice.create_room(json!({})).await;
        let mut events = Vec::new();
        for number in 0..7 {
            events.push(alice.say(&room, &number.to_string()).await);
        }
        let path = format!("/rooms/{}/context/{}?limit=4", encode(&room), encode(&events[3]));
        let context = alice.get(&path).await.json();
        let bodies = |field: &str| -> Vec<_> {
            let events = context[field].as_array().unwrap().iter();
            events.map(|event| event["content"]["body"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(context["event"]["event_id"], events[3].as_str());
        assert_eq!(bodies("events_before"), ["2", "1"]);
        assert_eq!(bodies("events_after"), ["4", "5"]);
        let (start, end) = (context["start"].as_str().unwrap(), context["end"].as_str().unwrap());
        let older = page(&alice, &room, &format!("dir=b&limit=1&from={start}")).await;
        assert_eq!(older["chunk"][0]["content"]["body"], "0");
        let newer = page(&alice, &room, &format!("dir=f&limit=1&from={end}")).await;
        assert_eq!(newer["chunk"][0]["content"]["body"], "6");
    }
}

#[tokio::test]
async fn members_are_filtered_and_counted() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let room = alice.create_room(json!({ "invite": [bob.id] })).await;
        let path = format!("/rooms/{}/members", encode(&room));
        let members = async |query: &str| {
            let reply = alice.get(&format!("{path}{query}")).await.json();
            let chunk = reply["chunk"].as_array().unwrap().clone();
            chunk
                .iter()
                .map(|event| event["state_key"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(members("").await.len(), 2);
        assert_eq!(members("?membership=invite").await, [bob.id.as_str()]);
        assert_eq!(members("?not_membership=invite").await, [alice.id.as_str()]);
        let reply = alice.get(&format!("{path}?membership=guest")).await;
        assert_eq!(reply.verdict(), "400 M_INVALID_PARAM");
        let joined = alice.get(&format!("/rooms/{}/joined_members", encode(&room))).await.json();
        assert_eq!(joined["joined"].as_object().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn receipts_markers_and_typing_are_for_members_and_events_they_see() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let room = alice.create_room(json!({})).await;
        let event = alice.say(&room, "hello").await;
        let (room, id) = (encode(&room), encode(&event));
        for (path, body, expected) in [
            (format!("/rooms/{room}/receipt/m.read/{id}"), json!({}), "200"),
            (format!("/rooms/{room}/receipt/m.read/{id}"), json!({ "thread_id": "main" }), "200"),
            (
                format!("/rooms/{room}/receipt/m.read/{id}"),
                json!({ "thread_id": "?" }),
                "400 M_INVALID_PARAM",
            ),
            (format!("/rooms/{room}/receipt/m.read.private/{id}"), Value::Null, "200"),
            (format!("/rooms/{room}/receipt/m.fully_read/{id}"), json!({}), "200"),
            (format!("/rooms/{room}/receipt/m.seen/{id}"), json!({}), "400 M_INVALID_PARAM"),
            (format!("/rooms/{room}/receipt/m.read/%24unknown"), json!({}), "404 M_NOT_FOUND"),
            (
                format!("/rooms/{room}/read_markers"),
                json!({ "m.fully_read": event, "m.read": event }),
                "200",
            ),
            (format!("/rooms/{room}/read_markers"), json!({ "m.read": 1 }), "400 M_BAD_JSON"),
        ] {
            let reply = alice.post(&path, body).await;
            assert_eq!(reply.verdict(), expected, "{path}: {}", reply.json());
        }
        let marker =
            format!("/user/{}/rooms/{room}/account_data/m.fully_read", encode(alice.id.as_str()));
        assert_eq!(alice.get(&marker).await.json(), json!({ "event_id": event }));
        let reply = bob.post(&format!("/rooms/{room}/receipt/m.read/{id}"), json!({})).await;
        assert_eq!(reply.verdict(), "403 M_FORBIDDEN");
        let typing = |user: &TestUser| format!("/rooms/{room}/typing/{}", encode(user.id.as_str()));
        let on = json!({ "typing": true, "timeout": 5000 });
        assert_eq!(alice.put(&typing(&alice), on.clone()).await.verdict(), "200");
        assert_eq!(alice.put(&typing(&alice), json!({ "typing": false })).await.verdict(), "200");
        assert_eq!(alice.put(&typing(&bob), on.clone()).await.verdict(), "403 M_FORBIDDEN");
        assert_eq!(bob.put(&typing(&bob), on).await.verdict(), "403 M_FORBIDDEN");
        assert_eq!(alice.put(&typing(&alice), json!({})).await.verdict(), "400 M_BAD_JSON");
    }
}
