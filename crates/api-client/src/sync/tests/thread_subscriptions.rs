//! Subscriptions to threads, as sliding sync and the pages behind it tell them (MSC4308).
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::sliding::Connection;
use crate::testing::{TestApp, TestUser, encode};

const EXTENSION: &str = "io.element.msc4308.thread_subscriptions";
const LIST: &str = "/_matrix/client/unstable/io.element.msc4308/thread_subscriptions";

fn path(room: &str, thread: &str) -> String {
    let base = "/_matrix/client/unstable/io.element.msc4306/rooms";
    format!("{base}/{}/thread/{}/subscription", encode(room), encode(thread))
}

async fn subscribe(user: &TestUser, room: &str, thread: &str) {
    assert_eq!(user.put(&path(room, thread), json!({})).await.verdict(), "200");
}

async fn unsubscribe(user: &TestUser, room: &str, thread: &str) {
    let reply = user.delete(&path(room, thread)).await;
    assert_eq!(reply.verdict(), "200");
}

fn asked(limit: Option<u64>) -> Value {
    json!({ "extensions": { EXTENSION: { "enabled": true, "limit": limit } } })
}

/// Which threads are told to be subscribed to, and which not, with their stamps.
fn told(answer: &Value) -> BTreeMap<String, (bool, i64)> {
    let mut all = BTreeMap::new();
    for (name, is_subscribed) in [("subscribed", true), ("unsubscribed", false)] {
        for (_, threads) in answer.get(name).and_then(Value::as_object).into_iter().flatten() {
            for (id, thread) in threads.as_object().unwrap() {
                let stamp = thread["bump_stamp"].as_i64().unwrap();
                assert!(all.insert(id.clone(), (is_subscribed, stamp)).is_none());
                assert_eq!(thread.get("automatic").is_some(), is_subscribed);
            }
        }
    }
    all
}

fn roots(answer: &Value) -> Vec<String> {
    told(answer).into_keys().collect()
}

fn sorted(roots: &[String]) -> Vec<String> {
    let mut roots = roots.to_vec();
    roots.sort();
    roots
}

#[tokio::test]
async fn subscriptions_are_told_as_they_change_and_the_rest_in_pages() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let room = ada.create_room(json!({ "preset": "public_chat" })).await;
        let mut threads = Vec::new();
        for number in 0..5 {
            threads.push(ada.say(&room, &format!("root {number}")).await);
        }
        subscribe(&ada, &room, &threads[0]).await;
        let mut connection = Connection::new(&ada, "c");
        let answer = connection.ask(asked(None)).await;
        let first = &answer["extensions"][EXTENSION];
        assert_eq!(roots(first), [threads[0].clone()]);
        assert_eq!(first["subscribed"][&room][&threads[0]]["automatic"], false);
        assert_eq!(first.get("prev_batch"), None);
        let pos = connection.pos.clone().unwrap();
        let answer = connection.ask(asked(None)).await;
        assert_eq!(answer["extensions"].get(EXTENSION), None, "nothing is told twice");
        for thread in &threads[1..] {
            subscribe(&ada, &room, thread).await;
        }
        unsubscribe(&ada, &room, &threads[1]).await;
        let answer = connection.ask(asked(Some(2))).await;
        let news = &answer["extensions"][EXTENSION];
        assert_eq!(roots(news), sorted(&[threads[1].clone(), threads[4].clone()]));
        assert!(!told(news)[&threads[1]].0);
        let from = news["prev_batch"].as_str().unwrap();
        // What is behind it is read in pages, up to where the connection was.
        let page = ada.get(&format!("{LIST}?dir=b&from={from}&to={pos}&limit=1")).await.json();
        assert_eq!(roots(&page), [threads[3].clone()]);
        let end = page["end"].as_str().unwrap();
        let page = ada.get(&format!("{LIST}?dir=b&from={end}&to={pos}&limit=1")).await.json();
        assert_eq!(roots(&page), [threads[2].clone()]);
        assert_eq!(page.get("end"), None);
        let all = ada.get(&format!("{LIST}?dir=b")).await.json();
        assert_eq!(roots(&all), sorted(&threads));
        let stamps = told(&all);
        subscribe(&ada, &room, &threads[1]).await;
        let after = told(&ada.get(&format!("{LIST}?dir=b")).await.json());
        assert!(after[&threads[1]].0 && after[&threads[1]].1 > stamps[&threads[1]].1);
        // It wakes whoever waits, and is nobody else's.
        let mut others = Connection::new(&bob, "b");
        assert_eq!(others.ask(asked(None)).await["extensions"].get(EXTENSION), None);
        connection.ask(asked(None)).await;
        let waiting = connection.wait(asked(None), 20_000);
        let change = async {
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            unsubscribe(&ada, &room, &threads[0]).await;
        };
        let (answer, ()) = tokio::join!(waiting, change);
        assert_eq!(roots(&answer["extensions"][EXTENSION]), [threads[0].clone()]);
        for query in
            ["", "?dir=f", "?dir=b&limit=0", "?dir=b&limit=x", "?dir=b&from=x", "?dir=b&to=x"]
        {
            let verdict = ada.get(&format!("{LIST}{query}")).await.verdict();
            assert!(
                ["400 M_INVALID_PARAM", "400 M_MISSING_PARAM"].contains(&verdict.as_str()),
                "{query}: {verdict}"
            );
        }
        assert_eq!(bob.get(&format!("{LIST}?dir=b")).await.json(), json!({}));
    }
}
