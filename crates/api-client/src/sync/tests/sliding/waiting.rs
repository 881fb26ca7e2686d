//! Long polls.
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Connection, first, named, told, words};
use crate::testing::{TestApp, encode};

/// Longer than any of these tests takes unless it fails.
const LONG_MS: u64 = 20_000;

/// Does `act` while the connection waits; the answer, which must not have waited until the end.
async fn meanwhile(
    connection: &mut Connection<'_>,
    body: Value,
    act: impl Future<Output = ()>,
) -> Value {
    let begun = Instant::now();
    let act = async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        act.await;
    };
    let (answer, ()) = tokio::join!(connection.wait(body, LONG_MS), act);
    assert!(begun.elapsed() < Duration::from_millis(LONG_MS / 2), "it waited too long");
    answer
}

#[tokio::test]
async fn news_end_the_waiting() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let room = ada.create_room(named("room")).await;
        bob.join(&room).await;
        let body = || {
            let mut body = first(5, 5, json!([]));
            body["extensions"] = json!({
                "typing": { "enabled": true }, "receipts": { "enabled": true },
                "account_data": { "enabled": true }, "to_device": { "enabled": true },
                "e2ee": { "enabled": true },
            });
            body
        };
        let mut connection = Connection::new(&ada, "c");
        connection.ask(body()).await;

        let answer = meanwhile(&mut connection, body(), async {
            bob.say(&room, "hello").await;
        })
        .await;
        assert_eq!(words(&answer, &room), ["hello"]);

        let event = bob.say(&room, "read this").await;
        connection.ask(body()).await;
        let answer = meanwhile(&mut connection, body(), async {
            let path = format!("/rooms/{}/receipt/m.read/{}", encode(&room), encode(&event));
            assert_eq!(bob.post(&path, json!({})).await.verdict(), "200");
        })
        .await;
        let receipts = &answer["extensions"]["receipts"]["rooms"][&room]["content"];
        assert!(receipts[&event]["m.read"][bob.id.as_str()]["ts"].is_i64(), "{answer}");

        let answer = meanwhile(&mut connection, body(), async {
            let path = format!("/rooms/{}/typing/{}", encode(&room), encode(bob.id.as_str()));
            let typing = json!({ "typing": true, "timeout": 30_000 });
            assert_eq!(bob.put(&path, typing).await.verdict(), "200");
        })
        .await;
        let typing = &answer["extensions"]["typing"]["rooms"][&room]["content"]["user_ids"];
        assert_eq!(typing, &json!([bob.id]));

        let answer = meanwhile(&mut connection, body(), async {
            let path = format!("/user/{}/account_data/org.example.mine", encode(ada.id.as_str()));
            assert_eq!(ada.put(&path, json!({ "x": 1 })).await.verdict(), "200");
        })
        .await;
        let data = &answer["extensions"]["account_data"]["global"];
        assert_eq!(data[0]["type"], "org.example.mine");

        let answer = meanwhile(&mut connection, body(), async {
            bob.create_room(json!({ "invite": [ada.id] })).await;
        })
        .await;
        assert_eq!(answer["lists"]["all"]["count"], 2);
        assert_eq!(told(&answer).len(), 1);

        let answer = meanwhile(&mut connection, body(), async {
            let messages =
                json!({ "messages": { ada.id.as_str(): { &ada.device_id: { "x": 1 } } } });
            let reply = bob.put("/sendToDevice/org.example.kind/1", messages).await;
            assert_eq!(reply.verdict(), "200");
        })
        .await;
        assert_eq!(answer["extensions"]["to_device"]["events"][0]["type"], "org.example.kind");
    }
}

#[tokio::test]
async fn without_news_it_waits_until_the_timeout() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let room = ada.create_room(named("room")).await;
        bob.join(&room).await;
        // Encrypted messages for the device alone: what is said in rooms is of no concern.
        let body = || json!({ "extensions": { "to_device": { "enabled": true }, "e2ee": { "enabled": true } } });
        let mut connection = Connection::new(&ada, "encryption");
        connection.ask(body()).await;
        let begun = Instant::now();
        let act = async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            bob.say(&room, "hello").await;
        };
        let (answer, ()) = tokio::join!(connection.wait(body(), 400), act);
        assert!(begun.elapsed() >= Duration::from_millis(400));
        assert_eq!(answer["rooms"], json!({}));
    }
}

#[tokio::test]
async fn another_request_is_answered_at_once() {
    for app in TestApp::on_each_engine().await {
        let ada = app.user("ada").await;
        ada.create_room(named("room")).await;
        let mut connection = Connection::new(&ada, "c");
        connection.ask(first(5, 1, json!([]))).await;
        let begun = Instant::now();
        let answer = connection.wait(first(50, 1, json!([])), LONG_MS).await;
        assert!(told(&answer).is_empty());
        assert!(begun.elapsed() < Duration::from_millis(LONG_MS / 2));
        // The same again waits.
        let begun = Instant::now();
        connection.wait(first(50, 1, json!([])), 300).await;
        assert!(begun.elapsed() >= Duration::from_millis(300));
    }
}

#[tokio::test]
async fn a_second_request_ends_the_first() {
    for app in TestApp::on_each_engine().await {
        let ada = app.user("ada").await;
        ada.create_room(named("room")).await;
        let mut connection = Connection::new(&ada, "c");
        connection.ask(first(5, 1, json!([]))).await;
        let begun = Instant::now();
        let second = async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            connection.reply(first(5, 1, json!([])), 0).await
        };
        let (first, second) =
            tokio::join!(connection.reply(first(5, 1, json!([])), LONG_MS), second);
        assert!(begun.elapsed() < Duration::from_millis(LONG_MS / 2));
        assert_eq!(first.verdict(), "400 M_UNKNOWN_POS");
        assert_eq!(second.verdict(), "200");
    }
}
