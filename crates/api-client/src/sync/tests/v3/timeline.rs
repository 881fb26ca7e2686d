//! Timelines: what is new, gaps, and paging back from them.
use std::time::{Duration, Instant};

use serde_json::json;

use super::{Client, bodies, words};
use crate::testing::{TestApp, encode};

#[tokio::test]
async fn a_gap_is_said_and_can_be_filled() {
    for app in TestApp::on_each_engine().await {
        let ada = app.user("ada").await;
        let room = ada.create_room(json!({})).await;
        let mut client =
            Client::with_filter(&ada, json!({ "room": { "timeline": { "limit": 2 } } }));
        client.sync().await;
        ada.say(&room, "one").await;
        let answer = client.sync().await;
        assert_eq!(answer["rooms"]["join"][&room]["timeline"]["limited"], false);
        assert_eq!(words(&answer, &room), ["one"]);

        let since = client.since.clone().unwrap();
        for words in ["two", "three", "four", "five"] {
            ada.say(&room, words).await;
        }
        let answer = client.sync().await;
        let timeline = &answer["rooms"]["join"][&room]["timeline"];
        assert_eq!(timeline["limited"], true);
        assert_eq!(words(&answer, &room), ["four", "five"]);
        let from = timeline["prev_batch"].as_str().unwrap();
        let path = format!("/rooms/{}/messages?dir=b&from={from}&to={since}", encode(&room));
        let page = ada.get(&path).await.json();
        assert_eq!(bodies(&page["chunk"]), ["three", "two"]);
        assert!(page.get("end").is_none());
        assert!(client.sync().await.get("rooms").is_none());
    }
}

#[tokio::test]
async fn a_filter_that_lets_nothing_through_leaves_no_gap() {
    for app in TestApp::on_each_engine().await {
        let ada = app.user("ada").await;
        let room = ada.create_room(json!({})).await;
        for timeline in [
            json!({ "types": [] }),
            json!({ "not_types": ["*"] }),
            json!({ "senders": [] }),
            json!({ "rooms": [] }),
            json!({ "not_rooms": [room] }),
        ] {
            let filter = json!({ "room": { "timeline": timeline } });
            let answer = Client::with_filter(&ada, filter).sync().await;
            let room = &answer["rooms"]["join"][&room];
            assert_eq!(room["timeline"]["events"], json!([]), "{timeline}");
            assert_eq!(room["timeline"]["limited"], false, "{timeline}");
            assert!(!room["state"]["events"].as_array().unwrap().is_empty());
        }
    }
}

#[tokio::test]
async fn fields_and_form_of_events_are_as_asked() {
    for app in TestApp::on_each_engine().await {
        let ada = app.user("ada").await;
        let room = ada.create_room(json!({})).await;
        ada.say(&room, "hello").await;
        let filter = json!({ "event_fields": ["type", "content.body"] });
        let answer = Client::with_filter(&ada, filter).sync().await;
        let events = answer["rooms"]["join"][&room]["timeline"]["events"].as_array().unwrap();
        let expected = json!({ "type": "m.room.message", "content": { "body": "hello" } });
        assert_eq!(events.last(), Some(&expected));

        let filter = json!({ "event_format": "federation" });
        let answer = Client::with_filter(&ada, filter).sync().await;
        let events = answer["rooms"]["join"][&room]["timeline"]["events"].as_array().unwrap();
        for field in ["auth_events", "prev_events", "hashes", "signatures", "depth"] {
            assert!(events.last().unwrap().get(field).is_some(), "{field}");
        }
    }
}

#[tokio::test]
async fn a_token_of_another_history_is_answered_from_the_start() {
    for app in TestApp::on_each_engine().await {
        let ada = app.user("ada").await;
        let room = ada.create_room(json!({})).await;
        let mut client = Client::new(&ada);
        client.sync().await;
        let own = client.since.clone().unwrap();
        let (_, rest) = own.split_once('_').unwrap();
        for since in [format!("s99999999_{rest}"), "s1_99999999_1".to_owned()] {
            client.since = Some(since);
            let answer = client.sync().await;
            let state = answer["rooms"]["join"][&room]["state"]["events"].as_array().unwrap();
            let timeline = answer["rooms"]["join"][&room]["timeline"]["events"].as_array().unwrap();
            let created = |event: &&serde_json::Value| event["type"] == "m.room.create";
            assert_eq!(state.iter().chain(timeline).filter(created).count(), 1);
        }
        let reply = ada.get("/sync?since=nonsense").await;
        assert_eq!(reply.verdict(), "400 M_INVALID_PARAM");
    }
}

#[tokio::test]
async fn it_waits_for_news_and_no_longer() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let room = ada.create_room(json!({ "preset": "public_chat" })).await;
        let theirs = bob.create_room(json!({})).await;
        bob.join(&room).await;
        let mut client = Client::new(&ada);
        client.sync().await;
        let begun = Instant::now();
        let act = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            bob.say(&theirs, "not for ada").await;
            tokio::time::sleep(Duration::from_millis(50)).await;
            bob.say(&room, "hello").await;
        };
        let (answer, ()) = tokio::join!(client.wait(20_000), act);
        assert_eq!(words(&answer, &room), ["hello"]);
        assert!(begun.elapsed() < Duration::from_secs(10));
        let begun = Instant::now();
        assert!(client.wait(300).await.get("rooms").is_none());
        assert!(begun.elapsed() >= Duration::from_millis(300));
    }
}
