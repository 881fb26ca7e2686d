//! Positions: answers that are lost, connections beside each other, positions that are not known.
use serde_json::json;

use super::{Connection, first, named, told, words};
use crate::testing::TestApp;

#[tokio::test]
async fn a_lost_answer_is_given_again() {
    for app in TestApp::on_each_engine().await {
        let ada = app.user("ada").await;
        let room = ada.create_room(named("room")).await;
        let mut connection = Connection::new(&ada, "c");
        connection.ask(first(5, 10, json!([["m.room.topic", ""]]))).await;
        let before = connection.pos.clone();
        ada.say(&room, "one").await;
        assert_eq!(words(&connection.ask(first(5, 10, json!([]))).await, &room), ["one"]);

        // The answer did not arrive: the client asks again, and meanwhile more has happened.
        let lost = std::mem::replace(&mut connection.pos, before);
        ada.say(&room, "two").await;
        assert_eq!(words(&connection.ask(first(5, 10, json!([]))).await, &room), ["one", "two"]);
        assert!(told(&connection.ask(first(5, 10, json!([]))).await).is_empty());
        connection.pos = lost;
        let reply = connection.reply(first(5, 10, json!([])), 0).await;
        assert_eq!(reply.verdict(), "400 M_UNKNOWN_POS");
    }
}

#[tokio::test]
async fn connections_do_not_know_of_each_other() {
    for app in TestApp::on_each_engine().await {
        let ada = app.user("ada").await;
        let room = ada.create_room(named("room")).await;
        let (mut one, mut two) = (Connection::new(&ada, "one"), Connection::new(&ada, "two"));
        for connection in [&mut one, &mut two] {
            assert_eq!(told(&connection.ask(first(5, 1, json!([]))).await), [&*room]);
        }
        ada.say(&room, "hello").await;
        for connection in [&mut one, &mut two] {
            assert_eq!(words(&connection.ask(first(5, 1, json!([]))).await, &room), ["hello"]);
        }
        // A position belongs to its connection.
        one.pos.clone_from(&two.pos);
        let reply = one.reply(first(5, 1, json!([])), 0).await;
        assert_eq!(reply.verdict(), "400 M_UNKNOWN_POS");
    }
}

#[tokio::test]
async fn another_beginning_ends_the_connection_before() {
    for app in TestApp::on_each_engine().await {
        let ada = app.user("ada").await;
        let room = ada.create_room(named("room")).await;
        let mut connection = Connection::new(&ada, "c");
        connection.ask(first(5, 1, json!([]))).await;
        let old = connection.pos.take();
        let answer = connection.ask(first(5, 1, json!([]))).await;
        assert_eq!(answer["rooms"][&room]["initial"], true);
        connection.pos = old;
        let reply = connection.reply(first(5, 1, json!([])), 0).await;
        assert_eq!(reply.verdict(), "400 M_UNKNOWN_POS");
    }
}

#[tokio::test]
async fn positions_that_are_not_known_are_refused() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let mut theirs = Connection::new(&bob, "c");
        theirs.ask(first(5, 1, json!([]))).await;
        let mut connection = Connection::new(&ada, "c");
        connection.ask(first(5, 1, json!([]))).await;
        let own = connection.pos.clone().unwrap();
        let (_, rest) = own.split_once('_').unwrap();
        for pos in [
            String::new(),
            "x".to_owned(),
            "s1_2_3".to_owned(),
            "5".to_owned(),
            theirs.pos.clone().unwrap(),
            // Of another history of the database.
            format!("w999999_{rest}"),
            format!("{own}9"),
            own.replace('_', "__"),
        ] {
            connection.pos = Some(pos.clone());
            let reply = connection.reply(first(5, 1, json!([])), 0).await;
            assert_eq!(reply.verdict(), "400 M_UNKNOWN_POS", "{pos}");
        }
    }
}

#[tokio::test]
async fn the_connections_of_a_device_are_few() {
    const NAMES: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
    for app in TestApp::on_each_engine().await {
        let ada = app.user("ada").await;
        let mut connections = Vec::new();
        for name in NAMES {
            app.clock.advance_ms(1);
            let mut connection = Connection::new(&ada, name);
            connection.ask(first(5, 1, json!([]))).await;
            connections.push(connection);
        }
        // The oldest have made room.
        for (connection, name) in connections.iter().zip(NAMES) {
            let expected = if ["0", "1"].contains(&name) { "400 M_UNKNOWN_POS" } else { "200" };
            let reply = connection.reply(first(5, 1, json!([])), 0).await;
            assert_eq!(reply.verdict(), expected, "{name}");
        }
    }
}

#[tokio::test]
async fn a_position_is_good_for_paging() {
    for app in TestApp::on_each_engine().await {
        let ada = app.user("ada").await;
        let room = ada.create_room(named("room")).await;
        ada.say(&room, "one").await;
        let mut connection = Connection::new(&ada, "c");
        let answer = connection.ask(first(5, 1, json!([]))).await;
        ada.say(&room, "two").await;
        let from = answer["pos"].as_str().unwrap();
        let path =
            format!("/rooms/{}/messages?dir=b&limit=1&from={from}", crate::testing::encode(&room));
        assert_eq!(ada.get(&path).await.json()["chunk"][0]["content"]["body"], "one");
    }
}

#[tokio::test]
async fn a_txn_id_comes_back() {
    for app in TestApp::on_each_engine().await {
        let ada = app.user("ada").await;
        let answer = Connection::new(&ada, "c").ask(json!({ "txn_id": "some" })).await;
        assert_eq!(answer["txn_id"], "some");
        assert_eq!(answer["rooms"], json!({}));
    }
}

/// Time goes by, with its housekeeping.
async fn pass(app: &TestApp, minutes: i64) {
    app.clock.advance_ms(minutes * 60_000);
    app.app.sync.sweep().await.unwrap();
}

#[tokio::test]
async fn a_connection_survives_that_it_is_not_used() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let room = ada.create_room(named("room")).await;
        let quiet = ada.create_room(named("quiet")).await;
        bob.join(&room).await;
        let state = || json!([["m.room.member", "$LAZY"], ["m.room.name", ""]]);
        let mut connection = Connection::new(&ada, "c");
        connection.ask(first(5, 1, state())).await;
        let before = connection.pos.clone();
        bob.say(&room, "one").await;
        connection.ask(first(5, 1, state())).await;
        let after = connection.pos.clone();

        // Stored, and no longer in memory.
        pass(&app, 2).await;
        pass(&app, 40).await;
        bob.say(&room, "two").await;
        // The last answer may have arrived, or not.
        for (pos, expected) in [(before, "one two"), (after, "two")] {
            pass(&app, 40).await;
            connection.pos = pos;
            let answer = connection.reply(first(5, 5, state()), 0).await.json();
            assert_eq!(words(&answer, &room).last().unwrap(), "two", "{answer}");
            assert!(words(&answer, &room).join(" ").ends_with(expected));
            assert!(answer["rooms"][&room].get("initial").is_none());
            assert!(answer["rooms"][&quiet].get("initial").is_none());
        }
        // A month later nobody remembers.
        pass(&app, 31 * 24 * 60).await;
        let reply = connection.reply(first(5, 1, state()), 0).await;
        assert_eq!(reply.verdict(), "400 M_UNKNOWN_POS");
    }
}
