//! Searching.
use ::search::Field;
use db::Write;
use protocol::ids::EventId;
use serde_json::{Value, json};
use store::{
    EventNum,
    search::{self, Changes, Document},
};

use crate::testing::{TestApp, TestUser, encode};

async fn ask(user: &TestUser, query: &str, criteria: Value) -> Result<Value, String> {
    let body = json!({ "search_categories": { "room_events": criteria } });
    let reply = user.post(&format!("/search{query}"), body).await;
    match reply.json()["search_categories"]["room_events"].clone() {
        Value::Null => Err(reply.verdict()),
        found => Ok(found),
    }
}

/// The texts that are found, the latest first.
async fn texts(user: &TestUser, words: &str) -> Vec<String> {
    let found = ask(user, "", json!({ "search_term": words, "order_by": "recent" })).await.unwrap();
    bodies(&found)
}

fn bodies(found: &Value) -> Vec<String> {
    let results = found["results"].as_array().unwrap().iter();
    results.map(|hit| hit["result"]["content"]["body"].as_str().unwrap().to_owned()).collect()
}

async fn edit(user: &TestUser, room: &str, event: &str, words: &str) -> String {
    let content = json!({
        "msgtype": "m.text", "body": "* edit", "m.new_content": { "body": words },
        "m.relates_to": { "rel_type": "m.replace", "event_id": event },
    });
    let path = format!("/rooms/{}/send/m.room.message/{}", encode(room), encode(words));
    user.put(&path, content).await.json()["event_id"].as_str().unwrap().to_owned()
}

async fn redact(user: &TestUser, room: &str, event: &str) {
    let path = format!("/rooms/{}/redact/{}/1", encode(room), encode(event));
    assert_eq!(user.put(&path, json!({})).await.verdict(), "200");
}

#[tokio::test]
async fn words_are_found_in_every_script() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let room =
            alice.create_room(json!({ "name": "Lighthouse keepers", "topic": "The sea" })).await;
        for words in
            ["The quick brown fox", "Quicker than foxes", "東京都に住んでいます", "Straße 12"]
        {
            alice.say(&room, words).await;
        }
        assert_eq!(texts(&alice, "QUICK fox").await, ["Quicker than foxes", "The quick brown fox"]);
        assert_eq!(texts(&alice, "quicker").await, ["Quicker than foxes"]);
        assert_eq!(texts(&alice, "brown").await, ["The quick brown fox"]);
        for words in ["京都", "東京", "東京都", "都", "す", "住んで"] {
            assert_eq!(texts(&alice, words).await, ["東京都に住んでいます"], "{words}");
        }
        assert_eq!(texts(&alice, "straße").await, ["Straße 12"]);
        for words in ["東都", "purple", "!?", "", "fox' OR 'a", "\" * fox NEAR(purple)"] {
            assert!(texts(&alice, words).await.is_empty(), "{words}");
        }
        let named = |key: &str, words: &str| json!({ "search_term": words, "keys": [key] });
        for (key, words, count) in [
            ("content.name", "lighthouse", 1),
            ("content.topic", "sea", 1),
            ("content.body", "lighthouse", 0),
            ("content.topic", "lighthouse", 0),
        ] {
            let found = ask(&alice, "", named(key, words)).await.unwrap();
            assert_eq!(found["results"].as_array().unwrap().len(), count, "{key} {words}");
        }
    }
}

#[tokio::test]
async fn edits_and_redactions_change_what_is_found() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let room = alice.create_room(json!({})).await;
        let said = alice.say(&room, "apples").await;
        assert_eq!(texts(&alice, "apples").await, ["apples"]);
        app.clock.advance_ms(1);
        let edited = edit(&alice, &room, &said, "pears").await;
        assert!(texts(&alice, "apples").await.is_empty());
        assert!(texts(&alice, "edit").await.is_empty());
        let found = ask(&alice, "", json!({ "search_term": "pear" })).await.unwrap();
        assert_eq!(found["results"][0]["result"]["event_id"], said.as_str());
        let relations = &found["results"][0]["result"]["unsigned"]["m.relations"];
        assert_eq!(relations["m.replace"]["event_id"], edited.as_str());
        assert_eq!(found["highlights"], json!(["pear", "pears"]));
        redact(&alice, &room, &edited).await;
        assert_eq!(texts(&alice, "apples").await, ["apples"]);
        assert!(texts(&alice, "pears").await.is_empty());
        redact(&alice, &room, &said).await;
        assert!(texts(&alice, "apples").await.is_empty());
    }
}

/// As when the server has been off, or somebody writes faster than the index follows: with several events of one text,
/// and more than is written at once.
#[tokio::test]
async fn much_at_once_is_found_as_if_it_came_one_by_one() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let (room, other) =
            (alice.create_room(json!({})).await, alice.create_room(json!({})).await);
        let long: Vec<String> = (0..500).map(|number| format!("word{number}")).collect();
        let said = [
            alice.say(&room, "kept apple").await,
            alice.say(&room, "edited apple").await,
            alice.say(&room, "gone apple").await,
            alice.say(&other, "restored apple").await,
        ];
        for number in 0..20 {
            alice.say(if number % 2 == 0 { &room } else { &other }, &long.join(" ")).await;
        }
        app.clock.advance_ms(1);
        edit(&alice, &room, &said[1], "edited pear").await;
        let undone = edit(&alice, &other, &said[3], "restored plum").await;
        redact(&alice, &room, &said[2]).await;
        redact(&alice, &other, &undone).await;
        for (words, found) in [
            ("apple", &["restored apple", "kept apple"][..]),
            ("pear", &["edited apple"]),
            ("plum", &[]),
            ("gone", &[]),
        ] {
            assert_eq!(texts(&alice, words).await, found, "{words}");
        }
        let found = ask(&alice, "", json!({ "search_term": "word0 word499" })).await.unwrap();
        assert_eq!(found["count"], 20);
    }
}

/// What is collected for the index may be purged before it is written: the event itself, or the edit whose text it has.
#[tokio::test]
async fn what_was_purged_meanwhile_does_not_come_back() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let room = alice.create_room(json!({})).await;
        let said = alice.say(&room, "apple").await;
        assert_eq!(texts(&alice, "apple").await, ["apple"]);
        let rooms = &app.app.rooms;
        let event = rooms.event(<&EventId>::try_from(said.as_str()).unwrap()).await.unwrap();
        let event = event.unwrap();
        let gone = EventNum(event.num.0 + 1_000_000);
        let position = event.position().unwrap();
        let change = async |num: EventNum, text_num: EventNum, word: &str| {
            let terms = vec![word.to_owned()];
            let (room_num, field, text_position) = (event.room_num, Field::Body, position);
            let document = Document { room_num, position, field, text_num, text_position, terms };
            let (mut write, store) = (Write::new(), rooms.store());
            let changes = Changes::from([(num, Some(document))]);
            search::change(&mut write, store.db.engine(), changes);
            store.write(write).await.unwrap();
        };
        change(event.num, event.num, "pear").await;
        assert_eq!(texts(&alice, "pear").await, ["apple"], "the change was written");
        change(event.num, gone, "plum").await;
        change(gone, gone, "quince").await;
        assert_eq!(texts(&alice, "pear").await, ["apple"]);
        assert!(texts(&alice, "plum").await.is_empty());
        assert!(texts(&alice, "quince").await.is_empty());
    }
}

#[tokio::test]
async fn pages_groups_and_context() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let one = alice.create_room(json!({ "preset": "public_chat" })).await;
        let two = alice.create_room(json!({ "preset": "public_chat" })).await;
        bob.join(&one).await;
        let mut said = Vec::new();
        for number in 0..5 {
            alice.say(&one, "before").await;
            let (user, room) = if number % 2 == 0 { (&alice, &one) } else { (&alice, &two) };
            said.push(user.say(room, &format!("needle {number}")).await);
        }
        bob.say(&one, "needle of bob").await;
        for order in ["recent", "rank"] {
            let criteria =
                json!({ "search_term": "needle", "order_by": order, "filter": { "limit": 2 } });
            let (mut seen, mut query) = (Vec::new(), String::new());
            loop {
                let found = ask(&alice, &query, criteria.clone()).await.unwrap();
                assert_eq!(found["count"], 6, "{order}");
                seen.extend(bodies(&found));
                let Some(next) = found["next_batch"].as_str() else { break };
                query = format!("?next_batch={next}");
            }
            if order == "recent" {
                let all =
                    ["needle of bob", "needle 4", "needle 3", "needle 2", "needle 1", "needle 0"];
                assert_eq!(seen, all);
            }
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), 6, "{order}");
        }
        let found = ask(
            &alice,
            "",
            json!({
                "search_term": "needle", "order_by": "recent", "include_state": true,
                "filter": { "rooms": [&one], "senders": [alice.id] },
                "event_context": { "before_limit": 1, "after_limit": 1, "include_profile": true },
                "groupings": { "group_by": [{ "key": "room_id" }, { "key": "sender" }] },
            }),
        )
        .await
        .unwrap();
        assert_eq!(bodies(&found), ["needle 4", "needle 2", "needle 0"]);
        let context = &found["results"][1]["context"];
        assert_eq!(context["events_before"][0]["content"]["body"], "before");
        assert_eq!(context["events_after"][0]["content"]["body"], "before");
        assert_eq!(context["profile_info"][alice.id.as_str()], json!({ "displayname": "alice" }));
        let page = format!("/rooms/{}/messages?dir=b&from=", encode(&one));
        let start = context["start"].as_str().unwrap();
        assert_eq!(alice.get(&format!("{page}{start}")).await.verdict(), "200");
        assert_eq!(found["groups"]["room_id"][&one]["results"], json!([said[4], said[2], said[0]]));
        assert_eq!(found["groups"]["sender"][alice.id.as_str()]["order"], 0);
        assert!(!found["state"][&one].as_array().unwrap().is_empty());
    }
}

#[tokio::test]
async fn what_fits_best_comes_first() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let room = alice.create_room(json!({})).await;
        let better = "a needle, a needle, and a needle";
        for text in ["a needle in a stack of hay", better, "hay, and a needle in it"] {
            alice.say(&room, text).await;
        }
        let found = ask(&alice, "", json!({ "search_term": "needle", "order_by": "rank" })).await;
        let found = found.unwrap();
        assert_eq!(bodies(&found)[0], better);
        let ranks: Vec<f64> = found["results"]
            .as_array()
            .unwrap()
            .iter()
            .map(|hit| hit["rank"].as_f64().unwrap())
            .collect();
        assert!(ranks.len() == 3 && ranks.is_sorted_by(|a, b| a >= b) && ranks[0] > ranks[1]);
    }
}

#[tokio::test]
async fn nobody_finds_what_they_may_not_see() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let room = alice.create_room(json!({ "preset": "public_chat" })).await;
        let early = alice.say(&room, "early secret").await;
        assert!(texts(&bob, "secret").await.is_empty());
        bob.join(&room).await;
        assert_eq!(texts(&bob, "secret").await, ["early secret"]);
        let leave = format!("/rooms/{}/leave", encode(&room));
        assert_eq!(bob.post(&leave, json!({})).await.verdict(), "200");
        alice.say(&room, "late secret").await;
        let found = ask(&bob, "", json!({ "search_term": "secret" })).await.unwrap();
        assert_eq!((bodies(&found), &found["count"]), (vec!["early secret".to_owned()], &json!(1)));
        app.clock.advance_ms(1);
        edit(&alice, &room, &early, "later words").await;
        assert!(texts(&bob, "later").await.is_empty());
        assert_eq!(texts(&alice, "later").await.len(), 1);
        let forget = format!("/rooms/{}/forget", encode(&room));
        assert_eq!(bob.post(&forget, json!({})).await.verdict(), "200");
        assert!(texts(&bob, "secret").await.is_empty());
    }
}

#[tokio::test]
async fn what_is_no_search_is_refused() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let reply = alice.post("/search", json!({ "search_categories": {} })).await;
        assert_eq!(
            (reply.verdict().as_str(), reply.json()),
            ("200", json!({ "search_categories": {} }))
        );
        assert_eq!(alice.post("/search", json!({})).await.verdict(), "400 M_BAD_JSON");
        for (query, criteria) in [
            ("", json!({})),
            ("", json!({ "search_term": 3 })),
            ("", json!({ "search_term": "x", "keys": ["content.secret"] })),
            ("", json!({ "search_term": "x", "order_by": "age" })),
            ("", json!({ "search_term": "x", "filter": { "limit": "x" } })),
            ("", json!({ "search_term": "x", "groupings": { "group_by": [{ "key": "x" }] } })),
            ("?next_batch=x", json!({ "search_term": "x" })),
            ("?next_batch=r1_0", json!({ "search_term": "x", "order_by": "rank" })),
        ] {
            let verdict = ask(&alice, query, criteria.clone()).await.unwrap_err();
            assert!(verdict.starts_with("400 M_"), "{query} {criteria}: {verdict}");
        }
    }
}
