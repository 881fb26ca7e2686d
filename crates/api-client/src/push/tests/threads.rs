//! Threads are read, and counted, each for itself.
use db::{Read as _, params};
use serde_json::json;

use super::unread::{Chat, rule};
use crate::testing::{TestApp, encode};

#[tokio::test]
async fn a_threaded_receipt_reads_its_own_part() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let chat = Chat::new(&app, &[&alice, &bob]).await;
        let root = chat.say(&alice, "root").await;
        let other = chat.say(&alice, "other root").await;
        let first = chat.reply(&alice, &root, "1").await;
        let second = chat.reply(&alice, &root, "2").await;
        let elsewhere = chat.reply(&alice, &other, "3").await;
        assert_eq!(chat.threaded(&bob, &root).await, [(2, 0), (2, 0)]);
        assert_eq!(chat.threaded(&bob, &other).await, [(2, 0), (1, 0)]);
        assert_eq!(chat.unread(&bob).await, (5, 0));
        assert_eq!(chat.read(&bob, "m.read", &first, Some(&root)).await, "200");
        assert_eq!(chat.threaded(&bob, &root).await, [(2, 0), (1, 0)]);
        assert_eq!(chat.read(&bob, "m.read.private", &other, Some("main")).await, "200");
        assert_eq!(chat.threaded(&bob, &root).await, [(0, 0), (1, 0)]);
        assert_eq!(chat.threaded(&bob, &other).await, [(0, 0), (1, 0)]);
        assert_eq!(chat.unread(&bob).await, (2, 0));
        chat.say(&alice, "main").await;
        assert_eq!(chat.read(&bob, "m.read", &second, None).await, "200");
        assert_eq!(chat.threaded(&bob, &root).await, [(1, 0), (0, 0)]);
        assert_eq!(chat.threaded(&bob, &other).await, [(1, 0), (1, 0)]);
        assert_eq!(chat.read(&bob, "m.read", &elsewhere, None).await, "200");
        assert_eq!(chat.unread(&bob).await, (1, 0), "the whole room up to there");
        chat.reply(&alice, &other, "4").await;
        chat.reply(&bob, &other, "5").await;
        assert_eq!(
            chat.threaded(&bob, &other).await,
            [(1, 0), (0, 0)],
            "an answer reads its thread"
        );
        chat.reply(&alice, &other, "6").await;
        chat.say(&bob, "main").await;
        assert_eq!(chat.threaded(&bob, &other).await, [(0, 0), (1, 0)]);
        assert_eq!(chat.threaded(&alice, &other).await, [(1, 0), (0, 0)]);
    }
}

#[tokio::test]
async fn highlights_edits_and_redactions_in_threads() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let carol = app.user("carol").await;
        let chat = Chat::new(&app, &[&alice, &bob, &carol]).await;
        let loud =
            json!({ "pattern": "cake", "actions": ["notify", { "set_tweak": "highlight" }] });
        rule(&carol, "content/cake", loud).await;
        rule(&bob, &format!("room/{}", encode(&chat.id)), json!({ "actions": [] })).await;
        let root = chat.say(&alice, "root").await;
        let event = chat.reply(&alice, &root, "cake").await;
        assert_eq!(chat.threaded(&bob, &root).await, [(0, 0), (0, 0)]);
        assert_eq!(chat.threaded(&carol, &root).await, [(1, 0), (1, 1)]);
        let mention = json!({
            "msgtype": "m.text", "body": "you", "m.mentions": { "user_ids": [bob.id] },
            "m.relates_to": { "rel_type": "m.thread", "event_id": root },
        });
        chat.send(&alice, "m.room.message", mention).await;
        assert_eq!(chat.threaded(&bob, &root).await, [(0, 0), (1, 1)]);
        assert_eq!(chat.threaded(&carol, &root).await, [(1, 0), (2, 1)]);
        let related = json!({ "m.relates_to": { "rel_type": "org.x", "event_id": event } });
        let related = {
            let mut related = related;
            related["m.mentions"] = json!({ "user_ids": [bob.id] });
            chat.send(&alice, "org.example.other", related).await
        };
        assert_eq!(chat.threaded(&bob, &root).await, [(0, 0), (2, 2)], "it is where that event is");
        assert_eq!(chat.read(&bob, "m.read", &related, Some("main")).await, "400 M_INVALID_PARAM");
        assert_eq!(chat.read(&bob, "m.read", &related, Some(&root)).await, "200");
        assert_eq!(chat.threaded(&bob, &root).await, [(0, 0), (0, 0)]);
        let path = format!("/rooms/{}/redact/{}/1", encode(&chat.id), encode(&event));
        assert_eq!(alice.put(&path, json!({})).await.verdict(), "200");
        assert_eq!(chat.threaded(&carol, &root).await, [(1, 0), (1, 0)]);
    }
}

#[tokio::test]
async fn a_receipt_must_fit_its_thread() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let chat = Chat::new(&app, &[&alice, &bob]).await;
        let other = Chat::new(&app, &[&alice, &bob]).await;
        let root = chat.say(&alice, "root").await;
        let main = chat.say(&alice, "main").await;
        let reply = chat.reply(&alice, &root, "1").await;
        let foreign = other.say(&alice, "x").await;
        for (event, thread) in [
            (&main, root.as_str()),
            (&root, root.as_str()),
            (&reply, "main"),
            (&reply, main.as_str()),
            (&reply, foreign.as_str()),
            (&reply, "$unknown"),
            (&reply, "other"),
            (&reply, ""),
        ] {
            let verdict = chat.read(&bob, "m.read", event, Some(thread)).await;
            assert_eq!(verdict, "400 M_INVALID_PARAM", "{thread}");
        }
        let path =
            |kind: &str| format!("/rooms/{}/receipt/{kind}/{}", encode(&chat.id), encode(&reply));
        for thread in [json!(5), json!({}), json!([])] {
            let body = json!({ "thread_id": thread });
            assert_eq!(bob.post(&path("m.read"), body).await.verdict(), "400 M_INVALID_PARAM");
        }
        let threaded = json!({ "thread_id": root });
        let verdict = bob.post(&path("m.fully_read"), threaded).await.verdict();
        assert_eq!(verdict, "400 M_INVALID_PARAM");
        assert_eq!(chat.unread(&bob).await, (3, 0));
        let nested = json!({ "m.relates_to": { "rel_type": "org.x", "event_id": reply } });
        let nested = chat.send(&alice, "m.room.message", nested).await;
        assert_eq!(chat.read(&bob, "m.read", &nested, Some(&root)).await, "200");
        let far = json!({ "m.relates_to": { "rel_type": "m.thread", "event_id": foreign } });
        let far = chat.send(&alice, "m.room.message", far).await;
        assert_eq!(chat.read(&bob, "m.read", &far, Some("main")).await, "200");
        for odd in [json!("x"), json!([]), json!({ "rel_type": 1, "event_id": root }), json!({})] {
            let event = chat.send(&alice, "m.room.message", json!({ "m.relates_to": odd })).await;
            assert_eq!(chat.read(&bob, "m.read", &event, Some("main")).await, "200");
        }
        assert_eq!(chat.unread(&bob).await, (0, 0));
    }
}

#[tokio::test]
async fn who_reads_thread_by_thread_is_not_counted_from_the_start_for_ever() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let chat = Chat::new(&app, &[&alice, &bob]).await;
        let root = chat.say(&alice, "root").await;
        let mut last = String::new();
        for number in 0..260 {
            last = chat.reply(&alice, &root, &number.to_string()).await;
        }
        let end = chat.say(&alice, "end").await;
        assert_eq!(chat.threaded(&bob, &root).await, [(2, 0), (260, 0)]);
        let db = &app.app.rooms.store().db;
        let whole = async || {
            let sql = "SELECT MAX(position) FROM read_marks WHERE thread_num = -1";
            db.query_optional(sql, params![]).await.unwrap().unwrap().get::<i64>(0).unwrap()
        };
        let joined = whole().await;
        assert_eq!(chat.read(&bob, "m.read", &end, Some("main")).await, "200");
        assert_eq!(chat.threaded(&bob, &root).await, [(0, 0), (260, 0)]);
        assert_eq!(whole().await, joined, "something is unread");
        assert_eq!(chat.read(&bob, "m.read", &last, Some(&root)).await, "200");
        assert_eq!(chat.threaded(&bob, &root).await, [(0, 0), (0, 0)]);
        assert!(whole().await > joined);
        chat.reply(&alice, &root, "more").await;
        assert_eq!(chat.threaded(&bob, &root).await, [(0, 0), (1, 0)]);
        assert_eq!(chat.threaded(&alice, &root).await, [(0, 0), (0, 0)]);
    }
}
