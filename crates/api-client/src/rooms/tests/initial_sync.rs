//! A room at once: its state and its last events.
use serde_json::{Value, json};

use crate::testing::{TestApp, encode};

fn bodies(answer: &Value) -> Vec<&str> {
    let chunk = answer["messages"]["chunk"].as_array().unwrap();
    chunk.iter().filter_map(|event| event["content"]["body"].as_str()).collect()
}

#[tokio::test]
async fn a_room_is_read_at_once() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let options = json!({ "preset": "public_chat", "visibility": "public", "topic": "tea" });
        let room = ada.create_room(options).await;
        let path = format!("/rooms/{}/initialSync", encode(&room));
        assert_eq!(bob.get(&path).await.verdict(), "403 M_FORBIDDEN");
        for number in 0..5 {
            ada.say(&room, &number.to_string()).await;
        }
        let own =
            format!("/user/{}/rooms/{}/account_data/org.x", encode(ada.id.as_str()), encode(&room));
        assert_eq!(ada.put(&own, json!({ "x": 1 })).await.verdict(), "200");
        let answer = ada.get(&format!("{path}?limit=3")).await.json();
        assert_eq!(answer["room_id"], room);
        assert_eq!(answer["membership"], "join");
        assert_eq!(answer["visibility"], "public");
        assert_eq!(answer["account_data"], json!([{ "type": "org.x", "content": { "x": 1 } }]));
        assert_eq!(bodies(&answer), ["2", "3", "4"]);
        let topics = answer["state"].as_array().unwrap().iter();
        let topics: Vec<_> = topics.filter(|event| event["type"] == "m.room.topic").collect();
        assert_eq!(topics[0]["content"]["topic"], "tea");
        // Its tokens are those of the timeline.
        let read = async |from: &Value, dir: &str| {
            let from = from.as_str().unwrap();
            let path = format!("/rooms/{}/messages?from={from}&dir={dir}&limit=2", encode(&room));
            let page = ada.get(&path).await.json();
            let chunk = page["chunk"].as_array().unwrap().clone();
            chunk.into_iter().map(|event| event["content"]["body"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(read(&answer["messages"]["start"], "b").await, ["1", "0"]);
        ada.say(&room, "5").await;
        assert_eq!(read(&answer["messages"]["end"], "f").await, ["5"]);
        bob.join(&room).await;
        assert_eq!(
            bob.post(&format!("/rooms/{}/leave", encode(&room)), json!({})).await.verdict(),
            "200"
        );
        ada.say(&room, "behind his back").await;
        let answer = bob.get(&path).await.json();
        assert_eq!(answer["membership"], "leave");
        assert!(!bodies(&answer).contains(&"behind his back"));
        assert_eq!(answer["account_data"], json!([]));
        assert_eq!(bob.get(&format!("{path}?limit=x")).await.verdict(), "400 M_INVALID_PARAM");
    }
}
