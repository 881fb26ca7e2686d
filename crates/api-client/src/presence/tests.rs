use serde_json::{Value, json};

use crate::testing::{TestApp, TestUser, encode};

async fn apps() -> Vec<TestApp> {
    TestApp::on_each_engine_with(|config| config.presence.enabled = true).await
}

fn path(user: &TestUser) -> String {
    format!("/presence/{}/status", encode(user.id.as_str()))
}

/// The presence that a sync tells, by user.
async fn synced(user: &TestUser, query: &str) -> (String, Value) {
    let reply = user.get(&format!("/sync?{query}")).await;
    assert_eq!(reply.verdict(), "200", "{}", reply.json());
    let reply = reply.json();
    let mut told = json!({});
    for event in reply["presence"]["events"].as_array().into_iter().flatten() {
        assert_eq!(event["type"], "m.presence");
        told[event["sender"].as_str().unwrap()] = event["content"]["presence"].clone();
    }
    (reply["next_batch"].as_str().unwrap().to_owned(), told)
}

#[tokio::test]
async fn those_in_a_room_see_who_comes_and_goes() {
    for app in apps().await {
        let (alice, bob, carol) =
            (app.user("alice").await, app.user("bob").await, app.user("carol").await);
        let room = alice.create_room(json!({ "preset": "public_chat" })).await;
        bob.join(&room).await;
        let (since, _) = synced(&alice, "").await;
        // Bob comes.
        synced(&bob, "").await;
        let (since, told) = synced(&alice, &format!("since={since}")).await;
        assert_eq!(told[bob.id.as_str()], "online");
        let seen = alice.get(&path(&bob)).await.json();
        assert_eq!(seen["presence"], "online");
        assert_eq!(seen["currently_active"], true);
        assert_eq!(carol.get(&path(&bob)).await.verdict(), "403 M_FORBIDDEN");
        // He says that he is away; a message goes along.
        let away = json!({ "presence": "unavailable", "status_msg": "at lunch" });
        assert_eq!(bob.put(&path(&bob), away.clone()).await.verdict(), "200");
        assert_eq!(alice.put(&path(&bob), away).await.verdict(), "403 M_FORBIDDEN");
        let (since, told) = synced(&alice, &format!("since={since}")).await;
        assert_eq!(told, json!({ bob.id.as_str(): "unavailable" }));
        assert_eq!(alice.get(&path(&bob)).await.json()["status_msg"], "at lunch");
        // He goes.
        app.clock.advance_ms(30_000);
        app.app.presence.tick().await.unwrap();
        let (since, told) = synced(&alice, &format!("since={since}&set_presence=offline")).await;
        assert_eq!(told[bob.id.as_str()], "offline");
        // Whoever comes to share a room is told of those who are there.
        synced(&bob, "").await;
        let (_, told) = synced(&carol, "").await;
        assert_eq!(told, json!({}), "nobody is in a room with carol");
        let (mark, _) = synced(&carol, "").await;
        carol.join(&room).await;
        let (_, told) = synced(&carol, &format!("since={mark}")).await;
        assert_eq!(told[bob.id.as_str()], "online");
        let filter = encode(r#"{"presence":{"types":[]}}"#);
        let (_, told) = synced(&alice, &format!("since={since}&filter={filter}")).await;
        assert_eq!(told, json!({}));
        for body in [json!({}), json!({ "presence": "busy" }), json!({ "presence": 5 })] {
            assert_eq!(bob.put(&path(&bob), body).await.verdict(), "400 M_BAD_JSON");
        }
        let long = json!({ "presence": "online", "status_msg": "x".repeat(3_000) });
        assert_eq!(bob.put(&path(&bob), long).await.verdict(), "400 M_INVALID_PARAM");
        assert_eq!(bob.get("/sync?set_presence=busy").await.verdict(), "400 M_INVALID_PARAM");
    }
}

#[tokio::test]
async fn whoever_does_nothing_is_away_until_they_do_something() {
    for app in apps().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let room = alice.create_room(json!({ "preset": "public_chat" })).await;
        bob.join(&room).await;
        let presence = &app.app.presence;
        let bob_num = app.app.accounts.user(&bob.id).await.unwrap().unwrap().user_num;
        let syncing = presence.begin_sync(bob_num, ::presence::Status::Online).await.unwrap();
        app.clock.advance_ms(300_000);
        presence.tick().await.unwrap();
        assert_eq!(alice.get(&path(&bob)).await.json()["presence"], "unavailable");
        let sliding = "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync";
        assert_eq!(bob.post(sliding, json!({})).await.verdict(), "200");
        assert_eq!(alice.get(&path(&bob)).await.json()["presence"], "unavailable");
        bob.say(&room, "back").await;
        let seen = alice.get(&path(&bob)).await.json();
        assert_eq!((&seen["presence"], &seen["last_active_ago"]), (&json!("online"), &json!(0)));
        drop(syncing);
        app.clock.advance_ms(30_000);
        presence.tick().await.unwrap();
        assert_eq!(alice.get(&path(&bob)).await.json()["presence"], "offline");
    }
}

#[tokio::test]
async fn switched_off_nobody_is_there() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let room = alice.create_room(json!({ "preset": "public_chat" })).await;
        bob.join(&room).await;
        let (since, _) = synced(&alice, "").await;
        assert_eq!(bob.put(&path(&bob), json!({ "presence": "online" })).await.verdict(), "200");
        synced(&bob, "set_presence=online").await;
        let (_, told) = synced(&alice, &format!("since={since}")).await;
        assert_eq!(told, json!({}));
        assert_eq!(alice.get(&path(&bob)).await.json(), json!({ "presence": "offline" }));
    }
}
