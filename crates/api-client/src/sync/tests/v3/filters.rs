//! Filters of rooms, ephemeral events and account data.
use serde_json::{Value, json};

use super::Client;
use crate::testing::{TestApp, encode};

#[tokio::test]
async fn each_part_of_a_room_has_its_filter() {
    for app in TestApp::on_each_engine().await {
        let ada = app.user("ada").await;
        let (one, two) = (ada.create_room(json!({})).await, ada.create_room(json!({})).await);
        for room in [&one, &two] {
            let event = ada.say(room, "hello").await;
            let path = format!("/rooms/{}/receipt/m.read/{}", encode(room), encode(&event));
            assert_eq!(ada.post(&path, json!({})).await.verdict(), "200");
            for kind in ["org.example.a", "org.example.b"] {
                let user = encode(ada.id.as_str());
                let path = format!("/user/{user}/rooms/{}/account_data/{kind}", encode(room));
                assert_eq!(ada.put(&path, json!({ "x": 1 })).await.verdict(), "200");
            }
        }
        let ask = async |filter: Value| {
            Client::with_filter(&ada, filter).sync().await["rooms"]["join"].clone()
        };
        let kinds = |room: &Value, part: &str| -> Vec<Value> {
            room[part]["events"]
                .as_array()
                .unwrap()
                .iter()
                .map(|event| event["type"].clone())
                .collect()
        };

        let rooms = ask(json!({ "room": { "not_rooms": [two] } })).await;
        assert!(rooms.get(&one).is_some() && rooms.get(&two).is_none());

        let rooms = ask(json!({ "room": { "ephemeral": { "not_rooms": [two] } } })).await;
        assert_eq!(kinds(&rooms[&one], "ephemeral"), [json!("m.receipt")]);
        assert!(kinds(&rooms[&two], "ephemeral").is_empty());
        let rooms = ask(json!({ "room": { "ephemeral": { "not_types": ["m.receipt"] } } })).await;
        assert!(kinds(&rooms[&one], "ephemeral").is_empty());

        let filter = json!({ "room": { "account_data": { "rooms": [one], "types": ["*.b"] } } });
        let rooms = ask(filter).await;
        assert_eq!(kinds(&rooms[&one], "account_data"), [json!("org.example.b")]);
        assert!(kinds(&rooms[&two], "account_data").is_empty());

        let rooms = ask(json!({ "room": { "state": { "types": ["m.room.create"] }, "timeline": { "limit": 0 } } })).await;
        assert_eq!(kinds(&rooms[&one], "state"), [json!("m.room.create")]);
    }
}
