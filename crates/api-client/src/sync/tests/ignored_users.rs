//! What somebody who ignores others is not told.
use serde_json::{Value, json};

use super::{
    sliding::{self, Connection, first, told},
    v3::{Client, act, bodies, set_state, words},
};
use crate::testing::{TestApp, TestUser, encode};

/// Sets whom `user` ignores.
async fn ignore(user: &TestUser, ignored: &[&TestUser]) {
    let ids = ignored.iter().map(|ignored| (ignored.id.to_string(), json!({})));
    let list: serde_json::Map<_, _> = ids.collect();
    let path = format!("/user/{}/account_data/m.ignored_user_list", encode(user.id.as_str()));
    let reply = user.put(&path, json!({ "ignored_users": list })).await;
    assert_eq!(reply.verdict(), "200");
}

async fn read(user: &TestUser, room: &str, event: &str) {
    let path = format!("/rooms/{}/receipt/m.read/{}", encode(room), encode(event));
    assert_eq!(user.post(&path, json!({})).await.verdict(), "200");
}

async fn types(user: &TestUser, room: &str) {
    let path = format!("/rooms/{}/typing/{}", encode(room), encode(user.id.as_str()));
    let reply = user.put(&path, json!({ "typing": true, "timeout": 30_000 })).await;
    assert_eq!(reply.verdict(), "200");
}

/// The ephemeral events of a room that name `user`.
fn ephemeral_of(answer: &Value, room: &str, user: &TestUser) -> usize {
    let events = answer["rooms"]["join"][room]["ephemeral"]["events"].as_array().cloned();
    let events = events.unwrap_or_default();
    events.iter().filter(|event| event.to_string().contains(user.id.as_str())).count()
}

/// The rooms that an answer of `/v3/sync` has invites to.
fn invites(answer: &Value) -> Vec<String> {
    let invites = answer["rooms"]["invite"].as_object().cloned().unwrap_or_default();
    invites.into_iter().map(|(room, _)| room).collect()
}

#[tokio::test]
async fn messages_of_ignored_users_are_shown_nowhere_but_their_state_is() {
    for app in TestApp::on_each_engine().await {
        let (ada, eve) = (app.user("ada").await, app.user("eve").await);
        let room = ada.create_room(json!({ "preset": "public_chat" })).await;
        eve.join(&room).await;
        let promote = json!({ "users": { eve.id.as_str(): 100 } });
        set_state(&ada, &room, "m.room.power_levels", promote).await;
        let mut client = Client::new(&ada);
        client.sync().await;
        ignore(&ada, &[&eve]).await;
        let hidden = eve.say(&room, "hidden").await;
        let shown = ada.say(&room, "shown").await;
        set_state(&eve, &room, "m.room.topic", json!({ "topic": "state" })).await;
        let answer = client.sync().await;
        assert_eq!(words(&answer, &room), ["shown"]);
        let timeline = answer["rooms"]["join"][&room]["timeline"]["events"].as_array().unwrap();
        assert!(timeline.iter().any(|event| event["type"] == "m.room.topic"), "{timeline:?}");
        // Who begins anew, and every other way to read.
        assert_eq!(words(&Client::new(&ada).sync().await, &room), ["shown"]);
        let path = format!("/rooms/{}/messages?dir=b&limit=100", encode(&room));
        let page = ada.get(&path).await.json();
        assert_eq!(bodies(&page["chunk"]), ["shown"]);
        let path = format!("/rooms/{}/context/{}?limit=20", encode(&room), encode(&shown));
        let context = ada.get(&path).await.json();
        assert!(bodies(&context["events_before"]).is_empty());
        let answer = Connection::new(&ada, "c").ask(first(1, 20, json!([]))).await;
        assert_eq!(sliding::words(&answer, &room), ["shown"]);
        // What is asked for by its id is given: clients show it when the user wants to see it.
        let path = format!("/rooms/{}/event/{}", encode(&room), encode(&hidden));
        assert_eq!(ada.get(&path).await.verdict(), "200");
        // Others see all of it, and so does whoever ignores them no more.
        assert_eq!(words(&Client::new(&eve).sync().await, &room), ["hidden", "shown"]);
        ignore(&ada, &[]).await;
        assert_eq!(words(&Client::new(&ada).sync().await, &room), ["hidden", "shown"]);
    }
}

#[tokio::test]
async fn receipts_and_typing_of_ignored_users_are_left_out() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob, eve) = (app.user("ada").await, app.user("bob").await, app.user("eve").await);
        let room = ada.create_room(json!({ "preset": "public_chat" })).await;
        bob.join(&room).await;
        eve.join(&room).await;
        ignore(&ada, &[&eve]).await;
        let mut client = Client::new(&ada);
        client.sync().await;
        let mut connection = Connection::new(&ada, "c");
        let mut body = first(1, 5, json!([]));
        body["extensions"] =
            json!({ "receipts": { "enabled": true }, "typing": { "enabled": true } });
        connection.ask(body.clone()).await;
        let message = ada.say(&room, "read me").await;
        for user in [&bob, &eve] {
            read(user, &room, &message).await;
            types(user, &room).await;
        }
        let answer = client.sync().await;
        assert_eq!(ephemeral_of(&answer, &room, &bob), 2, "{answer}");
        assert_eq!(ephemeral_of(&answer, &room, &eve), 0, "{answer}");
        let answer = connection.ask(body).await["extensions"].to_string();
        assert_eq!(answer.matches(bob.id.as_str()).count(), 2, "{answer}");
        assert_eq!(answer.matches(eve.id.as_str()).count(), 0, "{answer}");
    }
}

/// The first answer of `/v3/sync` reads the receipts of all rooms at once.
#[tokio::test]
async fn a_first_sync_shows_each_room_its_own_receipts() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob, eve) = (app.user("ada").await, app.user("bob").await, app.user("eve").await);
        ignore(&ada, &[&eve]).await;
        let mut rooms = Vec::new();
        for number in 0..3 {
            let room = ada.create_room(json!({ "preset": "public_chat" })).await;
            bob.join(&room).await;
            eve.join(&room).await;
            let message = ada.say(&room, &format!("message {number}")).await;
            rooms.push((room, message));
        }
        let [(both, first), (nobody, _), (secret, third)] = &rooms[..] else { unreachable!() };
        read(&bob, both, first).await;
        read(&eve, both, first).await;
        let path = format!("/rooms/{}/receipt/m.read.private/{}", encode(secret), encode(third));
        assert_eq!(bob.post(&path, json!({})).await.verdict(), "200");
        let answer = Client::new(&ada).sync().await;
        let receipts = |room: &str, of: &TestUser| {
            let events = answer["rooms"]["join"][room]["ephemeral"]["events"].to_string();
            events.matches(of.id.as_str()).count()
        };
        assert_eq!((receipts(both, &bob), receipts(both, &eve)), (1, 0), "{answer}");
        assert!(answer["rooms"]["join"][both]["ephemeral"].to_string().contains(first.as_str()));
        for room in [nobody, secret] {
            assert_eq!((receipts(room, &bob), receipts(room, &eve)), (0, 0), "{answer}");
        }
        let answer = Client::new(&bob).sync().await;
        assert!(
            answer["rooms"]["join"][secret]["ephemeral"].to_string().contains("m.read.private")
        );
    }
}

#[tokio::test]
async fn invites_by_ignored_users_are_hidden_until_they_are_ignored_no_more() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob, eve) = (app.user("ada").await, app.user("bob").await, app.user("eve").await);
        ignore(&ada, &[&eve]).await;
        let mut client = Client::new(&ada);
        client.sync().await;
        let mut connection = Connection::new(&ada, "c");
        connection.ask(first(10, 1, json!([]))).await;
        let (wanted, spam) = (bob.create_room(json!({})).await, eve.create_room(json!({})).await);
        act(&bob, &wanted, "invite", json!({ "user_id": ada.id })).await;
        act(&eve, &spam, "invite", json!({ "user_id": ada.id })).await;
        assert_eq!(invites(&client.sync().await), std::slice::from_ref(&wanted));
        assert_eq!(invites(&Client::new(&ada).sync().await), std::slice::from_ref(&wanted));
        let answer = connection.ask(first(10, 1, json!([]))).await;
        assert_eq!(told(&answer), [&wanted]);
        assert_eq!(answer["lists"]["all"]["count"], 1);
        let mut subscribed = first(1, 1, json!([]));
        subscribed["room_subscriptions"] =
            json!({ &spam: { "timeline_limit": 1, "required_state": [] } });
        assert_eq!(told(&Connection::new(&ada, "s").ask(subscribed).await), [&wanted]);
        ignore(&ada, &[]).await;
        assert_eq!(told(&connection.ask(first(10, 1, json!([]))).await), [&spam]);
        assert_eq!(invites(&Client::new(&ada).sync().await).len(), 2);
    }
}

#[tokio::test]
async fn invites_that_the_user_wants_to_know_nothing_of_are_hidden() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob, eve) = (app.user("ada").await, app.user("bob").await, app.user("eve").await);
        let path = format!(
            "/user/{}/account_data/org.matrix.msc4155.invite_permission_config",
            encode(ada.id.as_str())
        );
        let rules = json!({ "ignored_users": ["@e*:*"] });
        assert_eq!(ada.put(&path, rules.clone()).await.verdict(), "200");
        let mut client = Client::new(&ada);
        client.sync().await;
        let mut connection = Connection::new(&ada, "c");
        connection.ask(first(10, 1, json!([]))).await;
        let (wanted, spam) = (bob.create_room(json!({})).await, eve.create_room(json!({})).await);
        act(&bob, &wanted, "invite", json!({ "user_id": ada.id })).await;
        // Whoever asks does not learn of it.
        act(&eve, &spam, "invite", json!({ "user_id": ada.id })).await;
        assert_eq!(invites(&client.sync().await), std::slice::from_ref(&wanted));
        assert_eq!(invites(&Client::new(&ada).sync().await), std::slice::from_ref(&wanted));
        let answer = connection.ask(first(10, 1, json!([]))).await;
        assert_eq!(told(&answer), [&wanted]);
        assert_eq!(answer["lists"]["all"]["count"], 1);
        let begun = Connection::new(&ada, "s").ask(first(10, 1, json!([]))).await;
        assert_eq!(told(&begun), [&wanted]);
        assert_eq!(ada.put(&path, json!({})).await.verdict(), "200");
        assert_eq!(told(&connection.ask(first(10, 1, json!([]))).await), [&spam]);
        assert_eq!(invites(&Client::new(&ada).sync().await).len(), 2);
        assert_eq!(ada.put(&path, rules).await.verdict(), "200");
        let answer = connection.ask(first(10, 1, json!([]))).await;
        assert_eq!(answer["lists"]["all"]["count"], 1);
        let features = app.get("/_matrix/client/versions").await.json();
        assert_eq!(features["unstable_features"]["org.matrix.msc4155"], true);
    }
}

#[tokio::test]
async fn a_list_that_is_none_ignores_nobody_and_nobody_ignores_themselves() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let room = ada.create_room(json!({ "preset": "public_chat" })).await;
        bob.join(&room).await;
        bob.say(&room, "from bob").await;
        let path = format!("/user/{}/account_data/m.ignored_user_list", encode(ada.id.as_str()));
        for list in [
            json!({}),
            json!({ "ignored_users": [bob.id] }),
            json!({ "ignored_users": { "bob": {}, "": {} } }),
            json!({ "ignored_users": { ada.id.as_str(): {} } }),
        ] {
            assert_eq!(ada.put(&path, list).await.verdict(), "200");
            ada.say(&room, "from ada").await;
            let said = words(&Client::new(&ada).sync().await, &room);
            assert!(said.contains(&"from ada".to_owned()), "{said:?}");
            assert!(said.contains(&"from bob".to_owned()), "{said:?}");
        }
    }
}
