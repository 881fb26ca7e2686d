//! Sticky events (MSC4354): told for a while, whatever is sent after them.
use serde_json::{Value, json};

use super::{
    sliding::{Connection, first},
    v3::{Client, words},
};
use crate::testing::{TestApp, TestUser, encode};

const EXTENSION: &str = "org.matrix.msc4354.sticky_events";

async fn stick(user: &TestUser, room: &str, words: &str, ms: i64) -> String {
    let path = format!(
        "/rooms/{}/send/m.room.message/{}?org.matrix.msc4354.sticky_duration_ms={ms}",
        encode(room),
        encode(words)
    );
    let reply = user.put(&path, json!({ "msgtype": "m.text", "body": words })).await;
    assert_eq!(reply.verdict(), "200", "{}", reply.json());
    reply.json()["event_id"].as_str().unwrap().to_owned()
}

async fn chatter(user: &TestUser, room: &str) {
    for number in 0..25 {
        user.say(room, &format!("chatter {number}")).await;
    }
}

fn bodies(events: &Value) -> Vec<String> {
    let events = events.as_array().cloned().unwrap_or_default();
    events.iter().map(|event| event["content"]["body"].as_str().unwrap().to_owned()).collect()
}

fn sticky(answer: &Value, room: &str) -> Vec<String> {
    bodies(&answer["rooms"]["join"][room]["msc4354_sticky"]["events"])
}

fn slid(answer: &Value, room: &str) -> Vec<String> {
    bodies(&answer["extensions"][EXTENSION]["rooms"][room]["events"])
}

fn asked(since: Option<&str>) -> Value {
    let mut body = first(5, 10, json!([]));
    body["extensions"] = json!({ EXTENSION: { "enabled": true, "since": since } });
    body
}

#[tokio::test]
async fn what_is_sticky_is_told_behind_a_gap_until_it_expires() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let room = ada.create_room(json!({ "preset": "public_chat" })).await;
        bob.join(&room).await;
        let mut client = Client::new(&bob);
        client.sync().await;
        let mut connection = Connection::new(&bob, "c");
        connection.ask(asked(None)).await;
        let event = stick(&ada, &room, "here", 60_000).await;
        // In the timeline, it is told there alone, with what makes it sticky.
        let answer = client.sync().await;
        assert_eq!((words(&answer, &room), sticky(&answer, &room)), (vec!["here".into()], vec![]));
        let told = &answer["rooms"]["join"][&room]["timeline"]["events"][0];
        assert_eq!(told["msc4354_sticky"], json!({ "duration_ms": 60_000 }));
        assert_eq!(told["unsigned"]["msc4354_sticky_duration_ttl_ms"], 60_000);
        assert!(slid(&connection.ask(asked(None)).await, &room).is_empty());
        chatter(&ada, &room).await;
        stick(&ada, &room, "too", 30_000).await;
        chatter(&ada, &room).await;
        let answer = client.sync().await;
        assert_eq!(sticky(&answer, &room), ["too"]);
        assert!(sticky(&client.sync().await, &room).is_empty(), "once");
        assert_eq!(sticky(&Client::new(&bob).sync().await, &room), ["here", "too"]);
        let answer = connection.ask(asked(None)).await;
        assert_eq!(slid(&answer, &room), ["too"]);
        let next = answer["extensions"][EXTENSION]["next_batch"].as_str().unwrap().to_owned();
        assert!(slid(&connection.ask(asked(Some(&next))).await, &room).is_empty());
        assert_eq!(
            slid(&Connection::new(&bob, "d").ask(asked(None)).await, &room),
            ["here", "too"]
        );
        // It is in the event itself, for other servers too.
        let path = format!("/rooms/{}/event/{}", encode(&room), encode(&event));
        let whole = bob.get(&path).await.json();
        assert_eq!(whole["msc4354_sticky"], json!({ "duration_ms": 60_000 }));
        app.clock.advance_ms(30_000);
        assert_eq!(sticky(&Client::new(&bob).sync().await, &room), ["here"]);
        app.clock.advance_ms(30_000);
        assert!(sticky(&Client::new(&bob).sync().await, &room).is_empty());
        assert!(slid(&Connection::new(&bob, "e").ask(asked(None)).await, &room).is_empty());
    }
}

#[tokio::test]
async fn who_comes_is_told_whatever_the_history_and_who_is_not_there_is_not() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let (carol, dan) = (app.user("carol").await, app.user("dan").await);
        let room = ada.create_room(json!({ "preset": "public_chat" })).await;
        let secret = ada.create_room(super::v3::secretive()).await;
        carol.join(&room).await;
        let mut client = Client::new(&bob);
        client.sync().await;
        let mut connection = Connection::new(&bob, "c");
        connection.ask(asked(None)).await;
        for place in [&room, &secret] {
            stick(&ada, place, "from ada", 600_000).await;
            chatter(&ada, place).await;
        }
        stick(&carol, &room, "from carol", 600_000).await;
        chatter(&ada, &room).await;
        let redacted = stick(&ada, &room, "redacted", 600_000).await;
        let path = format!("/rooms/{}/redact/{}/r", encode(&room), encode(&redacted));
        assert_eq!(ada.put(&path, json!({})).await.verdict(), "200");
        bob.join(&room).await;
        bob.join(&secret).await;
        chatter(&ada, &room).await;
        let answer = client.sync().await;
        assert_eq!(sticky(&answer, &room), ["from ada", "from carol"]);
        // Members are told of what is sticky, though they see no other event from before they came.
        assert_eq!(sticky(&answer, &secret), ["from ada"]);
        assert!(!words(&answer, &secret).contains(&"from ada".to_owned()));
        let answer = connection.ask(asked(None)).await;
        assert_eq!(slid(&answer, &room), ["from ada", "from carol"]);
        assert_eq!(slid(&answer, &secret), ["from ada"]);
        assert!(sticky(&Client::new(&dan).sync().await, &room).is_empty());
        let answer = Connection::new(&dan, "d").ask(asked(None)).await;
        assert_eq!(answer["extensions"][EXTENSION]["rooms"], json!({}));
        let path = format!("/user/{}/account_data/m.ignored_user_list", encode(bob.id.as_str()));
        let list = json!({ "ignored_users": { carol.id.as_str(): {} } });
        assert_eq!(bob.put(&path, list).await.verdict(), "200");
        assert_eq!(sticky(&Client::new(&bob).sync().await, &room), ["from ada"]);
    }
}

#[tokio::test]
async fn a_duration_is_cut_to_an_hour_and_not_negative_and_may_be_delayed() {
    for app in TestApp::on_each_engine().await {
        let ada = app.user("ada").await;
        let room = ada.create_room(json!({})).await;
        let long = stick(&ada, &room, "long", 1_000_000_000).await;
        let path = format!("/rooms/{}/event/{}", encode(&room), encode(&long));
        let whole = ada.get(&path).await.json();
        assert_eq!(whole["msc4354_sticky"], json!({ "duration_ms": 3_600_000 }));
        for ms in ["-1", "x", "1.5"] {
            let path = format!(
                "/rooms/{}/send/m.x/1?org.matrix.msc4354.sticky_duration_ms={ms}",
                encode(&room)
            );
            assert_eq!(ada.put(&path, json!({})).await.verdict(), "400 M_INVALID_PARAM", "{ms}");
        }
        let path = format!(
            "/rooms/{}/send/m.x/2?org.matrix.msc4354.sticky_duration_ms=5000&org.matrix.msc4140.delay=1000",
            encode(&room)
        );
        let reply = ada.put(&path, json!({ "body": "delayed" })).await.json();
        let id = reply["delay_id"].as_str().unwrap();
        let base = "/_matrix/client/unstable/org.matrix.msc4140/delayed_events";
        let sent = ada.post(&format!("{base}/{id}/send"), json!({})).await;
        assert_eq!(sent.verdict(), "200");
        chatter(&ada, &room).await;
        assert_eq!(sticky(&Client::new(&ada).sync().await, &room), ["long", "delayed"]);
        let features = app.get("/_matrix/client/versions").await.json();
        assert_eq!(features["unstable_features"]["org.matrix.msc4354"], true);
    }
}
