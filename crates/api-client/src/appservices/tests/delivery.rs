//! What an application service is told, and when.
use super::*;

/// A stage with a room in which a ghost is.
async fn bridged(stage: &Stage) -> (TestUser, String, String) {
    let alice = stage.server.user("alice").await;
    let room = open_room(&alice).await;
    let ghost = stage.ghost("irc_bob").await;
    stage.ghost_joins(&ghost, &room).await;
    (alice, room, ghost)
}

#[tokio::test]
async fn events_of_its_rooms_arrive_in_order_and_once() {
    for mut stage in Stage::on_each_engine().await {
        let alice = stage.server.user("alice").await;
        let (bridged, other) = (open_room(&alice).await, open_room(&alice).await);
        stage.start().await;
        alice.say(&bridged, "before").await;
        let ghost = stage.ghost("irc_bob").await;
        stage.ghost_joins(&ghost, &bridged).await;
        for number in 0..250 {
            alice.say(&bridged, &number.to_string()).await;
            alice.say(&other, "unheard").await;
        }
        let leave = format!("/rooms/{}/leave?user_id={}", encode(&bridged), encode(&ghost));
        assert_eq!(stage.ask(Method::POST, &leave, json!({})).await.verdict(), "200");
        alice.say(&bridged, "after").await;
        stage.bridge.until(|bridge| bridge.arrived("events").len() >= 252).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        let numbers: Vec<String> = (0..250).map(|number| number.to_string()).collect();
        assert_eq!(stage.bridge.words(), numbers);
        let events = stage.bridge.arrived("events");
        let member = |event: &Value| event["content"]["membership"].clone();
        assert_eq!((member(&events[0]), member(&events[251])), (json!("join"), json!("leave")));
        assert!(events.iter().all(|event| event["room_id"] == bridged));
        let mut ids: Vec<String> =
            stage.bridge.transactions().into_iter().map(|(id, _)| id).collect();
        assert!(stage.bridge.transactions().iter().all(|(_, body)| {
            body["events"].as_array().is_none_or(|events| events.len() <= 100)
        }));
        let count = ids.len();
        ids.dedup();
        assert_eq!(ids.len(), count, "no transaction was repeated");
        stage.stop().await;
    }
}

#[tokio::test]
async fn what_happened_while_it_or_the_server_was_away_is_not_lost() {
    for mut stage in Stage::on_each_engine().await {
        stage.start().await;
        let (alice, room, ghost) = bridged(&stage).await;
        stage.bridge.until(|bridge| !bridge.arrived("events").is_empty()).await;
        stage.bridge.answer_with(503);
        alice.say(&room, "one").await;
        stage.bridge.until(|bridge| bridge.words() == ["one"]).await;
        let (first, _) = stage.bridge.transactions().pop().unwrap();
        // The server stops, while a transaction is on its way and more is to come.
        alice.say(&room, "two").await;
        stage.stop().await;
        alice.say(&room, "three").await;
        let leave = format!("/rooms/{}/leave?user_id={}", encode(&room), encode(&ghost));
        assert_eq!(stage.ask(Method::POST, &leave, json!({})).await.verdict(), "200");
        alice.say(&room, "unheard").await;
        stage.bridge.asked.lock().clear();
        stage.bridge.answer_with(200);
        stage.start().await;
        stage.bridge.until(|bridge| bridge.words().len() >= 3).await;
        assert_eq!(stage.bridge.words(), ["one", "two", "three"]);
        let transactions = stage.bridge.transactions();
        assert_eq!(transactions[0].0, first, "the transaction on its way is repeated as it was");
        assert_eq!(transactions[0].1["events"].as_array().unwrap().len(), 1);
        stage.stop().await;
        alice.say(&room, "nobody is there").await;
        stage.start().await;
        stage.ghost_joins(&ghost, &room).await;
        alice.say(&room, "four").await;
        stage.bridge.until(|bridge| bridge.words().last().is_some_and(|last| last == "four")).await;
        assert_eq!(stage.bridge.words(), ["one", "two", "three", "four"]);
        stage.stop().await;
    }
}

#[tokio::test]
async fn what_is_done_to_its_users_and_in_its_aliases_rooms_concerns_it() {
    for mut stage in Stage::on_each_engine().await {
        stage.start().await;
        let alice = stage.server.user("alice").await;
        let room = alice.create_room(json!({ "preset": "private_chat" })).await;
        let ghost = stage.ghost("irc_bob").await;
        let invite = format!("/rooms/{}/invite", encode(&room));
        assert_eq!(alice.post(&invite, json!({ "user_id": ghost })).await.verdict(), "200");
        stage.bridge.until(|bridge| bridge.arrived("events").len() == 1).await;
        assert_eq!(stage.bridge.arrived("events")[0]["state_key"], ghost.as_str());
        // Who is only invited does not hear what is said.
        alice.say(&room, "unheard").await;
        let other = open_room(&alice).await;
        let bot = "/join/".to_owned() + &encode(&other);
        assert_eq!(stage.ask(Method::POST, &bot, json!({})).await.verdict(), "200");
        let alias = format!("/directory/room/{}", encode("#irc_x:example.org"));
        let aliased = json!({ "room_id": other });
        assert_eq!(stage.ask(Method::PUT, &alias, aliased).await.verdict(), "200");
        let leave = format!("/rooms/{}/leave", encode(&other));
        assert_eq!(stage.ask(Method::POST, &leave, json!({})).await.verdict(), "200");
        alice.say(&other, "by its alias").await;
        stage.bridge.until(|bridge| bridge.words() == ["by its alias"]).await;
        stage.stop().await;
    }
}

#[tokio::test]
async fn receipts_and_typing_of_its_rooms_arrive() {
    for mut stage in Stage::on_each_engine().await {
        let (alice, room, _) = bridged(&stage).await;
        let other = open_room(&alice).await;
        stage.start().await;
        let kinds = |bridge: &Bridge| -> Vec<Value> {
            bridge.arrived("ephemeral").iter().map(|event| event["type"].clone()).collect()
        };
        for place in [&other, &room] {
            let event = alice.say(place, "hello").await;
            let path = format!("/rooms/{}/receipt/m.read/{}", encode(place), encode(&event));
            assert_eq!(alice.post(&path, json!({})).await.verdict(), "200");
        }
        stage.bridge.until(|bridge| kinds(bridge) == ["m.receipt"]).await;
        let receipt = stage.bridge.arrived("ephemeral").remove(0);
        assert_eq!(receipt["room_id"], room.as_str());
        let (_, read) = receipt["content"].as_object().unwrap().iter().next().unwrap();
        assert!(read["m.read"]["@alice:example.org"]["ts"].is_i64());
        let typing = format!("/rooms/{}/typing/{}", encode(&room), encode(alice.id.as_str()));
        let body = json!({ "typing": true, "timeout": 30_000 });
        assert_eq!(alice.put(&typing, body).await.verdict(), "200");
        stage.bridge.until(|bridge| kinds(bridge) == ["m.receipt", "m.typing"]).await;
        let typing = stage.bridge.arrived("ephemeral").remove(1);
        let expected = json!({ "type": "m.typing", "room_id": room, "content": { "user_ids": ["@alice:example.org"] } });
        assert_eq!(typing, expected);
        stage.stop().await;
    }
}

#[tokio::test]
async fn who_comes_and_goes_in_its_rooms_is_told() {
    for database in db::testing::engines().await {
        let mut stage = Stage::on(database, |config| config.presence.enabled = true).await;
        let (alice, room, _) = bridged(&stage).await;
        let stranger = stage.server.user("stranger").await;
        assert!(!room.is_empty());
        stage.start().await;
        for user in [&stranger, &alice] {
            let path = format!("/presence/{}/status", encode(user.id.as_str()));
            let body = json!({ "presence": "online", "status_msg": "here" });
            assert_eq!(user.put(&path, body).await.verdict(), "200");
        }
        let presence = |bridge: &Bridge| -> Vec<Value> {
            let mut arrived = bridge.arrived("ephemeral");
            arrived.retain(|event| event["type"] == "m.presence");
            arrived
        };
        stage.bridge.until(|bridge| !presence(bridge).is_empty()).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        let arrived = presence(&stage.bridge);
        assert!(arrived.iter().all(|event| event["sender"] == "@alice:example.org"), "{arrived:?}");
        let content = &arrived[0]["content"];
        assert_eq!(
            (&content["presence"], &content["status_msg"]),
            (&json!("online"), &json!("here"))
        );
        stage.stop().await;
    }
}
