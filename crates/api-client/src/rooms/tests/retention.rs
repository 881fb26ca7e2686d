//! Messages that expire.
use config::Lifetime;
use serde_json::{Value, json};

use crate::testing::{TestApp, TestUser, encode};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
const CONFIGURATION: &str = "/_matrix/client/unstable/org.matrix.msc1763/retention/configuration";

fn days(days: u64) -> Lifetime {
    Lifetime::seconds(days * 24 * 60 * 60)
}

async fn on_each_engine() -> Vec<TestApp> {
    TestApp::on_each_engine_with(|config| {
        config.retention.enabled = true;
        config.retention.max_lifetime = Some(days(30));
        config.retention.allowed_lifetime_min = Some(days(2));
        config.retention.allowed_lifetime_max = Some(days(60));
    })
    .await
}

async fn bodies(user: &TestUser, room: &str) -> Vec<String> {
    let path = format!("/rooms/{}/messages?dir=b&limit=100", encode(room));
    let page = user.get(&path).await.json();
    let chunk = page["chunk"].as_array().unwrap().iter();
    let messages = chunk.filter(|event| event["type"] == "m.room.message");
    messages.map(|event| event["content"]["body"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn expired_messages_are_hidden_at_once_and_removed_later() {
    for app in on_each_engine().await {
        let alice = app.user("alice").await;
        let room = alice.create_room(json!({ "name": "Name" })).await;
        let old = alice.say(&room, "lantern old").await;
        app.clock.advance_ms(20 * DAY_MS);
        let newer = alice.say(&room, "lantern newer").await;
        assert_eq!(bodies(&alice, &room).await, ["lantern newer", "lantern old"]);
        app.clock.advance_ms(11 * DAY_MS);
        assert_eq!(bodies(&alice, &room).await, ["lantern newer"]);
        let event = async |id: &str| {
            alice.get(&format!("/rooms/{}/event/{}", encode(&room), encode(id))).await.verdict()
        };
        assert_eq!(event(&old).await, "404 M_NOT_FOUND");
        assert_eq!(event(&newer).await, "200");
        let context = format!("/rooms/{}/context/{}", encode(&room), encode(&old));
        assert_eq!(alice.get(&context).await.verdict(), "404 M_NOT_FOUND");
        let relations =
            format!("/_matrix/client/v1/rooms/{}/relations/{}", encode(&room), encode(&old));
        assert_eq!(alice.get(&relations).await.verdict(), "404 M_NOT_FOUND");
        let nearest =
            format!("/_matrix/client/v1/rooms/{}/timestamp_to_event?dir=f&ts=0", encode(&room));
        let nearest = alice.get(&nearest).await.json();
        assert_ne!(nearest["event_id"], old.as_str());
        let timeline = &alice.get("/sync").await.json()["rooms"]["join"][&room]["timeline"];
        assert!(!timeline.to_string().contains("lantern old"), "{timeline}");
        let body = json!({ "search_categories": { "room_events": { "search_term": "lantern" } } });
        let found = alice.post("/search", body).await.json();
        assert_eq!(
            found["search_categories"]["room_events"]["results"].as_array().unwrap().len(),
            1
        );
        assert_eq!(app.app.rooms.enforce_retention().await.unwrap(), 1);
        assert_eq!(app.app.rooms.enforce_retention().await.unwrap(), 0);
        assert_eq!(bodies(&alice, &room).await, ["lantern newer"]);
        app.clock.advance_ms(20 * DAY_MS);
        assert_eq!(bodies(&alice, &room).await, Vec::<String>::new());
        // The end of the room is stored still, since the next event follows it.
        assert_eq!(app.app.rooms.enforce_retention().await.unwrap(), 0);
        alice.say(&room, "new").await;
        assert_eq!(app.app.rooms.enforce_retention().await.unwrap(), 1);
        let name = alice.get(&format!("/rooms/{}/state/m.room.name/", encode(&room))).await;
        assert_eq!(name.json()["name"], "Name", "state does not expire");
    }
}

#[tokio::test]
async fn rooms_have_policies_within_the_bounds() {
    for app in on_each_engine().await {
        let alice = app.user("alice").await;
        for (kind, lifetime, kept) in [
            ("m.room.retention", json!(1), 2),
            ("org.matrix.msc1763.retention", json!(5 * DAY_MS), 5),
            ("m.room.retention", json!(1_000 * DAY_MS), 60),
            ("m.room.retention", Value::Null, 30),
        ] {
            let room = alice.create_room(json!({})).await;
            let path = format!("/rooms/{}/state/{kind}/", encode(&room));
            let set = alice.put(&path, json!({ "max_lifetime": lifetime })).await;
            assert_eq!(set.verdict(), "200");
            alice.say(&room, "text").await;
            app.clock.advance_ms(kept * DAY_MS - 1);
            assert_eq!(bodies(&alice, &room).await, ["text"], "{kind} {lifetime}");
            app.clock.advance_ms(2);
            assert_eq!(bodies(&alice, &room).await, Vec::<String>::new(), "{kind} {lifetime}");
        }
        let room = alice.create_room(json!({})).await;
        let path = format!("/rooms/{}/state/m.room.retention/", encode(&room));
        for wrong in [
            json!({ "max_lifetime": "long" }),
            json!({ "max_lifetime": -1 }),
            json!({ "min_lifetime": 2, "max_lifetime": 1 }),
        ] {
            assert_eq!(alice.put(&path, wrong).await.verdict(), "400 M_BAD_JSON");
        }
        let reply = alice.get(CONFIGURATION).await;
        let expected = json!({
            "policies": { "*": { "max_lifetime": 30 * DAY_MS } },
            "limits": { "max_lifetime": { "min": 2 * DAY_MS, "max": 60 * DAY_MS } },
        });
        assert_eq!(reply.json(), expected);
        let versions = app.get("/_matrix/client/versions").await.json();
        assert_eq!(versions["unstable_features"]["org.matrix.msc1763"], true);
    }
}

#[tokio::test]
async fn nothing_expires_unless_that_is_switched_on() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let room = alice.create_room(json!({})).await;
        let path = format!("/rooms/{}/state/m.room.retention/", encode(&room));
        assert_eq!(alice.put(&path, json!({ "max_lifetime": 1 })).await.verdict(), "200");
        alice.say(&room, "text").await;
        app.clock.advance_ms(1_000 * DAY_MS);
        assert_eq!(bodies(&alice, &room).await, ["text"]);
        assert_eq!(app.app.rooms.enforce_retention().await.unwrap(), 0);
        let reply = alice.get(CONFIGURATION).await;
        assert_eq!(reply.json(), json!({ "policies": {}, "limits": {} }));
        assert_eq!(app.get(CONFIGURATION).await.verdict(), "401 M_MISSING_TOKEN");
        let versions = app.get("/_matrix/client/versions").await.json();
        assert_eq!(versions["unstable_features"].get("org.matrix.msc1763"), None);
    }
}
