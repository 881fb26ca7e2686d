//! Rooms that the user comes into, leaves, or has no part in.
use serde_json::{Value, json};

use super::{Connection, first, keys, named, told, words};
use crate::testing::{TestApp, TestUser, encode};

async fn act(user: &TestUser, room: &str, verb: &str, body: Value) {
    let reply = user.post(&format!("/rooms/{}/{verb}", encode(room)), body).await;
    assert_eq!(reply.verdict(), "200", "{verb}: {}", reply.json());
}

fn me() -> Value {
    json!([["m.room.member", "$ME"], ["m.room.topic", ""]])
}

#[tokio::test]
async fn an_invite_is_told_stripped_and_then_the_room() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let mut connection = Connection::new(&bob, "c");
        assert!(told(&connection.ask(first(5, 1, me())).await).is_empty());
        let room = ada.create_room(json!({ "name": "secret", "topic": "hidden" })).await;
        ada.say(&room, "between us").await;
        act(&ada, &room, "invite", json!({ "user_id": bob.id })).await;

        let answer = connection.ask(first(5, 1, me())).await;
        let told = &answer["rooms"][&room];
        assert_eq!((&told["initial"], &told["membership"]), (&json!(true), &json!("invite")));
        let stripped = told["invite_state"].as_array().unwrap();
        let kinds: Vec<_> = stripped.iter().map(|event| event["type"].as_str().unwrap()).collect();
        assert!(kinds.contains(&"m.room.name") && kinds.contains(&"m.room.member"), "{kinds:?}");
        for absent in ["timeline", "required_state", "joined_count", "notification_count", "name"] {
            assert!(told.get(absent).is_none(), "{absent}");
        }
        assert_eq!(answer["lists"]["all"]["count"], 1);
        // What is said meanwhile is not for the invited.
        ada.say(&room, "still between us").await;
        assert!(super::told(&connection.ask(first(5, 1, me())).await).is_empty());

        bob.join(&room).await;
        let answer = connection.ask(first(5, 1, me())).await;
        let told = &answer["rooms"][&room];
        assert_eq!((&told["initial"], &told["membership"]), (&json!(true), &json!("join")));
        assert_eq!(told["num_live"], 1);
        assert_eq!(keys(&answer, &room).len(), 2);
    }
}

#[tokio::test]
async fn a_declined_invite_is_told_once() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let room = ada.create_room(json!({ "topic": "hidden", "invite": [bob.id] })).await;
        let mut connection = Connection::new(&bob, "c");
        assert_eq!(told(&connection.ask(first(5, 1, me())).await), [&*room]);
        act(&bob, &room, "leave", json!({})).await;
        let answer = connection.ask(first(5, 1, me())).await;
        let told = &answer["rooms"][&room];
        assert_eq!((&told["initial"], &told["membership"]), (&json!(true), &json!("leave")));
        assert_eq!(keys(&answer, &room), [("m.room.member".to_owned(), bob.id.to_string())]);
        assert_eq!(answer["lists"]["all"]["count"], 0);
        assert!(super::told(&connection.ask(first(5, 1, me())).await).is_empty());
        // A client that never knew of it is told nothing.
        assert!(super::told(&Connection::new(&bob, "d").ask(first(5, 1, me())).await).is_empty());
    }
}

#[tokio::test]
async fn a_knock_is_told() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let room = ada
            .create_room(json!({ "name": "door", "initial_state": [{
                "type": "m.room.join_rules", "content": { "join_rule": "knock" },
            }] }))
            .await;
        let mut connection = Connection::new(&bob, "c");
        connection.ask(first(5, 1, me())).await;
        assert_eq!(
            bob.post(&format!("/knock/{}", encode(&room)), json!({})).await.verdict(),
            "200"
        );
        let answer = connection.ask(first(5, 1, me())).await;
        let told = &answer["rooms"][&room];
        assert_eq!(told["membership"], "knock");
        assert_eq!(told["knock_state"], told["invite_state"]);
        assert!(told["knock_state"].as_array().unwrap().iter().any(|event| {
            event["type"] == "m.room.member" && event["content"]["membership"] == "knock"
        }));
        act(&ada, &room, "invite", json!({ "user_id": bob.id })).await;
        let answer = connection.ask(first(5, 1, me())).await;
        assert_eq!(answer["rooms"][&room]["membership"], "invite");
        assert!(answer["rooms"][&room].get("knock_state").is_none());
    }
}

#[tokio::test]
async fn a_room_that_was_left_is_told_until_then_and_once() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        for verb in ["leave", "kick", "ban"] {
            let room = ada.create_room(named(verb)).await;
            bob.join(&room).await;
            let mut connection = Connection::new(&bob, "c");
            connection.ask(first(20, 5, me())).await;
            ada.say(&room, "before").await;
            if verb == "leave" {
                act(&bob, &room, "leave", json!({})).await;
            } else {
                act(&ada, &room, verb, json!({ "user_id": bob.id })).await;
            }
            ada.say(&room, "after").await;
            let path = format!("/rooms/{}/state/m.room.topic", encode(&room));
            assert_eq!(ada.put(&path, json!({ "topic": "after" })).await.verdict(), "200");

            let answer = connection.ask(first(20, 5, me())).await;
            let told = &answer["rooms"][&room];
            assert_eq!(told["membership"], if verb == "ban" { "ban" } else { "leave" });
            assert_eq!(words(&answer, &room), ["before"], "{verb}");
            let last = told["timeline"].as_array().unwrap().last().unwrap();
            assert_eq!(last["state_key"], bob.id.as_str());
            assert_eq!(keys(&answer, &room), [("m.room.member".to_owned(), bob.id.to_string())]);
            assert!(told.get("initial").is_none());
            let answer = connection.ask(first(20, 5, me())).await;
            assert!(super::told(&answer).is_empty(), "{verb}: {answer}");

            // Who was removed sees so with every client; who has left knows.
            let answer = Connection::new(&bob, "d").ask(first(20, 5, me())).await;
            let shown = super::told(&answer).contains(&&*room);
            assert_eq!(shown, verb != "leave", "{verb}");
            assert!(!answer.to_string().contains("after"));
        }
    }
}

#[tokio::test]
async fn a_client_that_begins_anew_is_told_what_was_left_meanwhile() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let mut rooms = Vec::new();
        for number in 0..4 {
            let room = ada.create_room(named(&format!("room {number}"))).await;
            bob.join(&room).await;
            rooms.push(room);
        }
        let mut connection = Connection::new(&bob, "c");
        connection.ask(first(20, 1, me())).await;
        connection.ask(first(20, 1, me())).await;
        // Its position is lost, by a crash of either side, and the client keeps the rooms that it knows.
        act(&bob, &rooms[0], "leave", json!({})).await;
        let mut anew = Connection::new(&bob, "c");
        let answer = anew.ask(first(1, 1, me())).await;
        assert_eq!(answer["rooms"][&rooms[0]]["membership"], "leave");
        // The answer did not arrive: the next one says it again.
        let mut anew = Connection::new(&bob, "c");
        let answer = anew.ask(first(1, 1, me())).await;
        assert_eq!(answer["rooms"][&rooms[0]]["membership"], "leave");
        // What is outside of the window that it has asked for so far counts too.
        act(&bob, &rooms[1], "leave", json!({})).await;
        let answer = anew.ask(first(1, 1, me())).await;
        assert_eq!(told(&answer), [&*rooms[1]]);
        assert_eq!(answer["rooms"][&rooms[1]]["membership"], "leave");
        // Clients know it by this, whatever state they ask for.
        assert_eq!(keys(&answer, &rooms[1]), [("m.room.member".to_owned(), bob.id.to_string())]);
        assert!(told(&anew.ask(first(1, 1, me())).await).is_empty());
        // What another client has made the server forget, this one knows all the same.
        act(&bob, &rooms[2], "leave", json!({})).await;
        act(&bob, &rooms[2], "forget", json!({})).await;
        let answer = Connection::new(&bob, "c").ask(first(1, 1, me())).await;
        assert_eq!(answer["rooms"][&rooms[2]]["membership"], "leave");
        // A client that comes for the first time is told of none of them.
        let answer = Connection::new(&bob, "d").ask(first(20, 1, me())).await;
        assert_eq!(told(&answer), [&*rooms[3]]);
        // A connection that asks for no rooms is told of none.
        let wanted = || json!({ "extensions": { "e2ee": { "enabled": true } } });
        let mut encryption = Connection::new(&bob, "encryption");
        encryption.ask(wanted()).await;
        act(&bob, &rooms[3], "leave", json!({})).await;
        assert!(told(&encryption.ask(wanted()).await).is_empty());
    }
}

#[tokio::test]
async fn who_comes_back_is_told_the_room_anew() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let room = ada.create_room(named("room")).await;
        bob.join(&room).await;
        let mut connection = Connection::new(&bob, "c");
        connection.ask(first(5, 2, me())).await;
        act(&bob, &room, "leave", json!({})).await;
        connection.ask(first(5, 2, me())).await;
        bob.join(&room).await;
        let answer = connection.ask(first(5, 2, me())).await;
        assert_eq!(answer["rooms"][&room]["initial"], true);
        // Between two answers, it is a change like another.
        act(&bob, &room, "leave", json!({})).await;
        bob.join(&room).await;
        let answer = connection.ask(first(5, 2, me())).await;
        assert!(answer["rooms"][&room].get("initial").is_none());
        assert_eq!(answer["rooms"][&room]["membership"], "join");
    }
}

#[tokio::test]
async fn rooms_of_others_are_never_told() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let state = json!([{
            "type": "m.room.history_visibility",
            "content": { "history_visibility": "world_readable" },
        }]);
        let room = ada.create_room(json!({ "name": "theirs", "initial_state": state })).await;
        ada.say(&room, "hidden words").await;
        let body = || {
            json!({
                "lists": { "all": { "ranges": [[0, 50]], "timeline_limit": 10, "required_state": [["*", "*"]] } },
                "room_subscriptions": {
                    &room: { "timeline_limit": 10, "required_state": [["*", "*"]] },
                    "!no-such-room:example.org": { "timeline_limit": 10, "required_state": [["*", "*"]] },
                },
                "extensions": {
                    "account_data": { "enabled": true }, "receipts": { "enabled": true },
                    "typing": { "enabled": true }, "e2ee": { "enabled": true },
                },
            })
        };
        let mut connection = Connection::new(&bob, "c");
        for _ in 0..2 {
            let answer = connection.ask(body()).await;
            assert_eq!(answer["rooms"], json!({}));
            assert!(
                !answer.to_string().contains("hidden words") && !answer.to_string().contains(&room)
            );
            ada.say(&room, "more hidden words").await;
        }
    }
}

#[tokio::test]
async fn a_forgotten_room_is_gone() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let room = ada.create_room(named("room")).await;
        bob.join(&room).await;
        act(&ada, &room, "kick", json!({ "user_id": bob.id })).await;
        let mut connection = Connection::new(&bob, "c");
        assert_eq!(connection.ask(first(5, 1, me())).await["lists"]["all"]["count"], 1);
        act(&bob, &room, "forget", json!({})).await;
        assert_eq!(connection.ask(first(5, 1, me())).await["lists"]["all"]["count"], 0);
        assert_eq!(Connection::new(&bob, "d").ask(first(5, 1, me())).await["rooms"], json!({}));
    }
}

#[tokio::test]
async fn history_of_before_the_join_is_hidden_if_the_room_says_so() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let state = json!([{
            "type": "m.room.history_visibility",
            "content": { "history_visibility": "joined" },
        }]);
        let room =
            ada.create_room(json!({ "preset": "public_chat", "initial_state": state })).await;
        ada.say(&room, "before").await;
        bob.join(&room).await;
        ada.say(&room, "after").await;
        let answer = Connection::new(&bob, "c").ask(first(5, 20, me())).await;
        assert_eq!(words(&answer, &room), ["after"]);
    }
}
