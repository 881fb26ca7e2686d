//! Events by the time they were sent.
use serde_json::{Value, json};

use crate::testing::{TestApp, TestUser, encode};

async fn nearest(user: &TestUser, room: &str, ts: i64, dir: &str) -> Result<String, String> {
    let path =
        format!("/_matrix/client/v1/rooms/{}/timestamp_to_event?ts={ts}&dir={dir}", encode(room));
    let reply = user.get(&path).await;
    match reply.json()["event_id"].as_str() {
        Some(event_id) => Ok(event_id.to_owned()),
        None => Err(reply.verdict()),
    }
}

async fn time_of(user: &TestUser, room: &str, event: &str) -> i64 {
    let path = format!("/rooms/{}/event/{}", encode(room), encode(event));
    user.get(&path).await.json()["origin_server_ts"].as_i64().unwrap()
}

#[tokio::test]
async fn the_nearest_event_is_found_in_both_directions() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let room = alice.create_room(json!({ "preset": "public_chat" })).await;
        bob.join(&room).await;
        let mut said = Vec::new();
        for words in ["one", "two", "three"] {
            app.clock.advance_ms(1_000);
            said.push(alice.say(&room, words).await);
        }
        let second = time_of(&alice, &room, &said[1]).await;
        for (ts, dir, expected) in [
            (second, "f", &said[1]),
            (second, "b", &said[1]),
            (second - 1, "f", &said[1]),
            (second + 1, "b", &said[1]),
            (second + 1, "f", &said[2]),
            (second - 1, "b", &said[0]),
            (i64::MAX, "b", &said[2]),
        ] {
            assert_eq!(nearest(&bob, &room, ts, dir).await.as_ref(), Ok(expected), "{ts} {dir}");
        }
        let nothing = Err("404 M_NOT_FOUND".to_owned());
        assert_eq!(nearest(&bob, &room, second + 5_000, "f").await, nothing);
        assert_eq!(nearest(&bob, &room, 0, "b").await, nothing);
        assert_eq!(nearest(&bob, &room, 0, "x").await, Err("400 M_INVALID_PARAM".to_owned()));
        let leave = format!("/rooms/{}/leave", encode(&room));
        app.clock.advance_ms(1_000);
        assert_eq!(bob.post(&leave, json!({})).await.verdict(), "200");
        app.clock.advance_ms(1_000);
        let late = alice.say(&room, "late").await;
        assert_eq!(nearest(&alice, &room, i64::MAX, "b").await, Ok(late.clone()));
        assert_ne!(nearest(&bob, &room, i64::MAX, "b").await, Ok(late));
        let stranger = app.user("stranger").await;
        let refused = nearest(&stranger, &room, 0, "f").await;
        assert_eq!(refused, Err("403 M_FORBIDDEN".to_owned()));
        let path = format!("/_matrix/client/v1/rooms/{}/timestamp_to_event?dir=f", encode(&room));
        let reply = alice.get(&path).await;
        assert_eq!(
            (reply.verdict().as_str(), reply.json()["event_id"].clone()),
            ("400 M_MISSING_PARAM", Value::Null)
        );
    }
}
