//! Rooms that the user comes into and leaves, and whom they meet there.
use serde_json::{Value, json};

use super::{Client, act, bodies, key, keys, secretive, set_state, words};
use crate::testing::{TestApp, encode};

fn section<'a>(answer: &'a Value, name: &str, room: &str) -> Option<&'a Value> {
    answer["rooms"][name].get(room)
}

#[tokio::test]
async fn invites_and_knocks_are_told_once() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let state = json!([{ "type": "m.room.join_rules", "content": { "join_rule": "knock" } }]);
        let room = ada.create_room(json!({ "name": "door", "initial_state": state })).await;
        ada.say(&room, "between us").await;
        let mut client = Client::new(&bob);
        client.sync().await;
        assert_eq!(
            bob.post(&format!("/knock/{}", encode(&room)), json!({})).await.verdict(),
            "200"
        );
        let answer = client.sync().await;
        let knock = &section(&answer, "knock", &room).unwrap()["knock_state"]["events"];
        assert!(keys(knock).contains(&key("m.room.name", "")));
        assert!(keys(knock).contains(&key("m.room.member", bob.id.as_str())));
        assert!(client.sync().await.get("rooms").is_none());

        act(&ada, &room, "invite", json!({ "user_id": bob.id })).await;
        let answer = client.sync().await;
        assert!(
            section(&answer, "invite", &room).is_some()
                && section(&answer, "knock", &room).is_none()
        );
        assert!(client.sync().await.get("rooms").is_none());
        ada.say(&room, "still between us").await;
        assert!(client.sync().await.get("rooms").is_none());
        assert!(section(&Client::new(&bob).sync().await, "invite", &room).is_some());

        bob.join(&room).await;
        let answer = client.sync().await;
        assert!(
            section(&answer, "join", &room).is_some()
                && section(&answer, "invite", &room).is_none()
        );
        let joined = &answer["rooms"]["join"][&room];
        let all = [&joined["state"]["events"], &joined["timeline"]["events"]];
        assert!(all.iter().any(|events| keys(events).contains(&key("m.room.create", ""))));
    }
}

#[tokio::test]
async fn whoever_is_gone_is_told_so_once_and_nothing_after() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        for verb in ["leave", "kick", "ban"] {
            let room = ada.create_room(secretive()).await;
            bob.join(&room).await;
            let mut client = Client::new(&bob);
            client.sync().await;
            ada.say(&room, "before").await;
            let body = json!({ "user_id": bob.id });
            if verb == "leave" {
                act(&bob, &room, "leave", json!({})).await;
            } else {
                act(&ada, &room, verb, body).await;
            }
            ada.say(&room, "after").await;
            set_state(&ada, &room, "m.room.topic", json!({ "topic": "after" })).await;
            let answer = client.sync().await;
            let left = section(&answer, "leave", &room).unwrap();
            assert_eq!(bodies(&left["timeline"]["events"]), ["before"]);
            assert!(!answer.to_string().contains("after"), "{verb}: {answer}");
            assert!(section(&answer, "join", &room).is_none());
            assert!(client.sync().await.get("rooms").is_none());
            // From scratch only if it is asked for.
            assert!(section(&Client::new(&bob).sync().await, "leave", &room).is_none());
            let filter = json!({ "room": { "include_leave": true } });
            let answer = Client::with_filter(&bob, filter).sync().await;
            let left = section(&answer, "leave", &room).unwrap();
            assert!(!left.to_string().contains("after"));
            assert_eq!(bodies(&left["timeline"]["events"]), ["before"]);
        }
    }
}

#[tokio::test]
async fn a_declined_invite_is_told() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let room = ada.create_room(json!({ "topic": "hidden", "invite": [bob.id] })).await;
        let mut client = Client::new(&bob);
        client.sync().await;
        act(&bob, &room, "leave", json!({})).await;
        let answer = client.sync().await;
        let left = section(&answer, "leave", &room).unwrap();
        assert_eq!(keys(&left["timeline"]["events"]), [key("m.room.member", bob.id.as_str())]);
        assert_eq!(left["state"]["events"], json!([]));
        assert!(client.sync().await.get("rooms").is_none());
    }
}

#[tokio::test]
async fn a_room_that_was_left_and_forgotten_is_told_to_other_clients() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let room = ada.create_room(json!({ "preset": "public_chat" })).await;
        bob.join(&room).await;
        let mut client = Client::new(&bob);
        client.sync().await;
        ada.say(&room, "before").await;
        act(&bob, &room, "leave", json!({})).await;
        act(&bob, &room, "forget", json!({})).await;
        let answer = client.sync().await;
        let left = section(&answer, "leave", &room).unwrap();
        assert_eq!(keys(&left["timeline"]["events"]), [key("m.room.member", bob.id.as_str())]);
        assert!(client.sync().await.get("rooms").is_none());
        let filter = json!({ "room": { "include_leave": true } });
        assert!(Client::with_filter(&bob, filter).sync().await.get("rooms").is_none());
    }
}

#[tokio::test]
async fn whoever_comes_back_is_told_what_they_may_see() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let room = ada.create_room(secretive()).await;
        bob.join(&room).await;
        let mut client = Client::new(&bob);
        client.sync().await;
        ada.say(&room, "one").await;
        act(&bob, &room, "leave", json!({})).await;
        ada.say(&room, "while away").await;
        bob.join(&room).await;
        ada.say(&room, "two").await;
        let answer = client.sync().await;
        assert_eq!(words(&answer, &room), ["one", "two"]);
        assert!(!answer.to_string().contains("while away"));

        // Told of the end of one stay, then of the beginning of another: the room is new.
        act(&bob, &room, "leave", json!({})).await;
        client.sync().await;
        bob.join(&room).await;
        let joined = client.sync().await["rooms"]["join"][&room].clone();
        let all = [&joined["state"]["events"], &joined["timeline"]["events"]];
        assert!(all.iter().any(|events| keys(events).contains(&key("m.room.create", ""))));

        // A whole stay between two answers.
        let short = ada.create_room(json!({ "preset": "public_chat" })).await;
        bob.join(&short).await;
        ada.say(&short, "hello").await;
        act(&bob, &short, "leave", json!({})).await;
        let answer = client.sync().await;
        let left = section(&answer, "leave", &short).unwrap();
        assert!(bodies(&left["timeline"]["events"]).contains(&"hello".to_owned()));
        let all = [&left["state"]["events"], &left["timeline"]["events"]];
        assert!(all.iter().any(|events| keys(events).contains(&key("m.room.create", ""))));
    }
}

#[tokio::test]
async fn device_lists_follow_who_shares_a_room() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob, cem) = (app.user("ada").await, app.user("bob").await, app.user("cem").await);
        let room = ada.create_room(json!({ "preset": "public_chat" })).await;
        let other = ada.create_room(json!({ "preset": "public_chat" })).await;
        cem.join(&room).await;
        act(&cem, &room, "leave", json!({})).await;
        let mut client = Client::new(&bob);
        assert!(client.sync().await.get("device_lists").is_none());

        bob.join(&room).await;
        let answer = client.sync().await;
        // Cem was gone before.
        assert_eq!(answer["device_lists"], json!({ "changed": [ada.id], "left": [] }));
        cem.join(&room).await;
        assert_eq!(client.sync().await["device_lists"], json!({ "changed": [cem.id], "left": [] }));
        act(&cem, &room, "leave", json!({})).await;
        assert_eq!(client.sync().await["device_lists"], json!({ "changed": [], "left": [cem.id] }));
        bob.join(&other).await;
        client.sync().await;
        // They are together elsewhere.
        act(&ada, &other, "leave", json!({})).await;
        assert!(client.sync().await.get("device_lists").is_none());
        act(&bob, &room, "leave", json!({})).await;
        assert_eq!(client.sync().await["device_lists"], json!({ "changed": [], "left": [ada.id] }));
    }
}
