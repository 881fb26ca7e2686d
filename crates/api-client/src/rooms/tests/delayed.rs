//! Delayed events (MSC4140).
use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use tokio::{sync::oneshot, task::JoinHandle};

use crate::testing::{TestApp, TestUser, encode};

const UNSTABLE: &str = "/_matrix/client/unstable/org.matrix.msc4140/delayed_events";

/// The timer.
struct Timer {
    stop: oneshot::Sender<()>,
    task: JoinHandle<rooms::Result<()>>,
}

impl Timer {
    fn start(app: &TestApp) -> Self {
        let (stop, stopped) = oneshot::channel();
        let rooms = std::sync::Arc::clone(&app.app.rooms);
        let stopped = async move { drop(stopped.await) };
        Self { stop, task: tokio::spawn(async move { rooms.run_delayed_events(stopped).await }) }
    }

    async fn stop(self) {
        let _ = self.stop.send(());
        self.task.await.unwrap().unwrap();
    }
}

async fn delay(user: &TestUser, path: &str, delay_ms: i64, content: Value) -> String {
    let reply = user.put(&format!("{path}?org.matrix.msc4140.delay={delay_ms}"), content).await;
    assert_eq!(reply.verdict(), "200", "{}", reply.json());
    reply.json()["delay_id"].as_str().unwrap().to_owned()
}

/// Sends a text later.
async fn say(user: &TestUser, room: &str, words: &str, delay_ms: i64) -> String {
    let path = format!("/rooms/{}/send/m.room.message/{}", encode(room), encode(words));
    delay(user, &path, delay_ms, json!({ "msgtype": "m.text", "body": words })).await
}

/// Does something with a delayed event, as anybody who knows its id.
async fn act(app: &TestApp, id: &str, action: &str) -> String {
    let path = format!("{UNSTABLE}/{id}/{action}");
    app.request(Method::POST, &path, None, &json!({})).await.verdict()
}

async fn words(user: &TestUser, room: &str) -> Vec<String> {
    let page = user.get(&format!("/rooms/{}/messages?dir=f&limit=100", encode(room))).await.json();
    let bodies = page["chunk"].as_array().unwrap().iter();
    bodies.filter_map(|event| event["content"]["body"].as_str().map(str::to_owned)).collect()
}

async fn listed(user: &TestUser, status: &str) -> Vec<Value> {
    let reply = user.get(&format!("{UNSTABLE}?status={status}")).await;
    assert_eq!(reply.verdict(), "200");
    reply.json()[status].as_array().unwrap().clone()
}

/// Waits until so many delayed events of the user wait no more.
async fn ended(user: &TestUser, count: usize) -> Vec<Value> {
    for _ in 0..500 {
        let ended = listed(user, "finalised").await;
        if ended.len() == count {
            return ended;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{:?}", listed(user, "finalised").await);
}

#[tokio::test]
async fn what_is_delayed_is_sent_in_time_once_and_after_a_restart() {
    for app in TestApp::on_each_engine().await {
        let ada = app.user("ada").await;
        let room = ada.create_room(json!({})).await;
        let later = say(&ada, &room, "later", 60_000).await;
        say(&ada, &room, "sooner", 10_000).await;
        assert_eq!(say(&ada, &room, "later", 60_000).await, later, "a request that is repeated");
        assert!(words(&ada, &room).await.is_empty());
        let scheduled = listed(&ada, "scheduled").await;
        assert_eq!(scheduled.len(), 2);
        assert_eq!(scheduled[1]["delay_id"], later);
        for (field, value) in [
            ("room_id", json!(room)),
            ("type", json!("m.room.message")),
            ("delay_ms", json!(60_000)),
            ("delay", json!(60_000)),
            ("content", json!({ "msgtype": "m.text", "body": "later" })),
        ] {
            assert_eq!(scheduled[1][field], value);
        }
        let timer = Timer::start(&app);
        app.clock.advance_ms(10_000);
        // The timer looks again when something is scheduled.
        let third = say(&ada, &room, "third", 3_600_000).await;
        ended(&ada, 1).await;
        assert_eq!(words(&ada, &room).await, ["sooner"]);
        timer.stop().await;
        app.clock.advance_ms(50_000);
        let timer = Timer::start(&app);
        let over = ended(&ada, 2).await;
        assert_eq!(words(&ada, &room).await, ["sooner", "later"]);
        assert_eq!(over[0]["outcome"], "send");
        assert_eq!(over[0]["reason"], "delay");
        assert_eq!(over[0]["delayed_event"]["delay_id"], later);
        let path =
            format!("/rooms/{}/event/{}", encode(&room), over[0]["event_id"].as_str().unwrap());
        assert_eq!(ada.get(&path).await.json()["content"]["body"], "later");
        let one = ada.get(&format!("{UNSTABLE}/{later}")).await.json();
        assert_eq!(one["finalised"]["event_id"], over[0]["event_id"]);
        assert_eq!(listed(&ada, "scheduled").await[0]["delay_id"], third);
        timer.stop().await;
    }
}

#[tokio::test]
async fn whoever_knows_the_id_sends_cancels_and_puts_off() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let room = ada.create_room(json!({})).await;
        let timer = Timer::start(&app);
        let sent = say(&ada, &room, "sent", 50_000).await;
        let cancelled = say(&ada, &room, "cancelled", 50_000).await;
        let kept = say(&ada, &room, "kept", 50_000).await;
        for _ in 0..2 {
            assert_eq!(act(&app, &sent, "send").await, "200");
            assert_eq!(act(&app, &cancelled, "cancel").await, "200");
        }
        for (id, action) in
            [(&sent, "cancel"), (&sent, "restart"), (&cancelled, "send"), (&cancelled, "restart")]
        {
            assert_eq!(act(&app, id, action).await, "409 M_UNKNOWN", "{action}");
        }
        assert_eq!(words(&ada, &room).await, ["sent"]);
        for _ in 0..3 {
            app.clock.advance_ms(40_000);
            let path = format!("{UNSTABLE}/{kept}");
            let body = json!({ "action": "restart" });
            assert_eq!(app.request(Method::POST, &path, None, &body).await.verdict(), "200");
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert_eq!(words(&ada, &room).await, ["sent"]);
        assert_eq!(act(&app, "unknown", "send").await, "404 M_NOT_FOUND");
        assert_eq!(act(&app, &kept, "explode").await, "400 M_INVALID_PARAM");
        // Others do not see it, though they may know its id.
        assert_eq!(bob.get(&format!("{UNSTABLE}/{kept}")).await.verdict(), "404 M_NOT_FOUND");
        assert!(listed(&bob, "scheduled").await.is_empty());
        timer.stop().await;
    }
}

#[tokio::test]
async fn of_those_that_were_sent_the_last_hundred_are_told() {
    for app in TestApp::on_each_engine().await {
        let ada = app.user("ada").await;
        let room = ada.create_room(json!({})).await;
        let first = say(&ada, &room, "first", 60_000).await;
        assert_eq!(act(&app, &first, "send").await, "200");
        for n in 0..100 {
            app.clock.advance_ms(1);
            let later = say(&ada, &room, &format!("{n}"), 60_000).await;
            assert_eq!(act(&app, &later, "send").await, "200");
        }
        let ended = listed(&ada, "finalised").await;
        assert_eq!(ended.len(), 100);
        assert!(ended.iter().all(|ended| ended["delayed_event"]["delay_id"] != first));
    }
}

#[tokio::test]
async fn delayed_state_is_pointless_once_somebody_else_has_set_it() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let levels = json!({ "users_default": 100 });
        let options = json!({ "preset": "public_chat", "power_level_content_override": levels, "room_version": "11" });
        let room = ada.create_room(options).await;
        bob.join(&room).await;
        let path = |key: &str| format!("/rooms/{}/state/org.example.member/{key}", encode(&room));
        let own = delay(&ada, &path("own"), 30_000, json!({ "x": 1 })).await;
        let pointless = delay(&ada, &path("pointless"), 30_000, json!({ "x": 1 })).await;
        assert_eq!(ada.put(&path("own"), json!({ "x": 0 })).await.verdict(), "200");
        assert_eq!(bob.put(&path("pointless"), json!({ "x": 2 })).await.verdict(), "200");
        let over = ended(&ada, 1).await;
        assert_eq!(over[0]["delayed_event"]["delay_id"], pointless);
        assert_eq!(over[0]["outcome"], "cancel");
        let why = &over[0]["error"]["org.matrix.msc4140.errcode"];
        assert_eq!(why, "M_CANCELLED_BY_STATE_UPDATE");
        assert_eq!(act(&app, &own, "send").await, "200");
        assert_eq!(ada.get(&path("own")).await.json(), json!({ "x": 1 }));
        assert_eq!(ada.get(&path("pointless")).await.json(), json!({ "x": 2 }));
        // What is so already is not sent again.
        let same = delay(&ada, &path("own"), 30_000, json!({ "x": 1 })).await;
        let before = ada.get(&format!("/rooms/{}/state", encode(&room))).await.json();
        assert_eq!(act(&app, &same, "send").await, "200");
        assert_eq!(ada.get(&format!("/rooms/{}/state", encode(&room))).await.json(), before);
    }
}

#[tokio::test]
async fn who_may_not_send_it_when_its_time_has_come_is_told_so() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let room = ada.create_room(json!({ "preset": "public_chat" })).await;
        bob.join(&room).await;
        say(&bob, &room, "from a stranger", 1_000).await;
        let path = format!("/rooms/{}/leave", encode(&room));
        assert_eq!(bob.post(&path, json!({})).await.verdict(), "200");
        let timer = Timer::start(&app);
        app.clock.advance_ms(1_000);
        let over = ended(&bob, 1).await;
        assert_eq!(over[0]["reason"], "error");
        assert_eq!(over[0]["error"]["errcode"], "M_FORBIDDEN");
        assert!(words(&ada, &room).await.is_empty());
        timer.stop().await;
    }
}

#[tokio::test]
async fn whoever_was_suspended_meanwhile_only_takes_back() {
    for app in TestApp::on_each_engine().await {
        let ada = app.user("ada").await;
        let room = ada.create_room(json!({})).await;
        let said = say(&ada, &room, "said too late", 60_000).await;
        let member = format!(
            "/rooms/{}/state/org.matrix.msc3401.call.member/{}",
            encode(&room),
            encode("_here")
        );
        assert_eq!(ada.put(&member, json!({ "call_id": "" })).await.verdict(), "200");
        let left = delay(&ada, &member, 60_000, json!({})).await;
        app.app.accounts.set_suspended(&ada.id, true).await.unwrap();
        assert_eq!(act(&app, &said, "send").await, "403 M_USER_SUSPENDED");
        assert_eq!(act(&app, &left, "send").await, "200");
        assert_eq!(ada.get(&member).await.json(), json!({}));
        let timer = Timer::start(&app);
        app.clock.advance_ms(60_000);
        let over = ended(&ada, 2).await;
        let error = |id: &str| {
            let of = |over: &&Value| over["delayed_event"]["delay_id"] == id;
            over.iter().find(of).unwrap()["error"]["errcode"].clone()
        };
        assert_eq!((error(&said), error(&left)), (json!("M_USER_SUSPENDED"), Value::Null));
        assert!(words(&ada, &room).await.is_empty());
        timer.stop().await;
    }
}

#[tokio::test]
async fn what_cannot_be_delayed_is_refused() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        let room = ada.create_room(json!({})).await;
        let send = |delay: &str, number: u32| {
            let id = encode(&room);
            format!("/rooms/{id}/send/m.room.message/x{number}?org.matrix.msc4140.delay={delay}")
        };
        let content = json!({ "body": "x" });
        for delay in ["0", "-5", "x", "1.5", ""] {
            let verdict = ada.put(&send(delay, 0), content.clone()).await.verdict();
            assert_eq!(verdict, "400 M_INVALID_PARAM", "{delay}");
        }
        let reply = ada.put(&send("86400001", 0), content.clone()).await;
        assert_eq!(reply.verdict(), "400 M_UNKNOWN");
        assert_eq!(reply.json()["org.matrix.msc4140.errcode"], "M_MAX_DELAY_EXCEEDED");
        assert_eq!(reply.json()["org.matrix.msc4140.max_delay"], 86_400_000);
        assert_eq!(bob.put(&send("1000", 0), content.clone()).await.verdict(), "403 M_FORBIDDEN");
        let long = json!({ "body": "x".repeat(70_000) });
        assert_eq!(ada.put(&send("1000", 0), long).await.verdict(), "413 M_TOO_LARGE");
        assert!(listed(&ada, "scheduled").await.is_empty());
        for number in 0..101 {
            let reply = ada.put(&send("50000", number), content.clone()).await;
            let verdict = if number < 100 { "200" } else { "429 M_LIMIT_EXCEEDED" };
            assert_eq!(reply.verdict(), verdict);
        }
        let features = app.get("/_matrix/client/versions").await.json();
        assert_eq!(features["unstable_features"]["org.matrix.msc4140"], true);
    }
    let off = |config: &mut config::Config| {
        config.rooms.delay_max = config::Lifetime::seconds(0);
    };
    for app in TestApp::on_each_engine_with(off).await {
        let ada = app.user("ada").await;
        let room = ada.create_room(json!({})).await;
        let path = format!("/rooms/{}/send/m.x/1?org.matrix.msc4140.delay=5", encode(&room));
        let reply = ada.put(&path, json!({})).await;
        assert_eq!(reply.verdict(), "400 M_UNKNOWN");
        assert_eq!(reply.json()["org.matrix.msc4140.errcode"], "M_MAX_DELAY_UNSUPPORTED");
        let features = app.get("/_matrix/client/versions").await.json();
        assert_eq!(features["unstable_features"].get("org.matrix.msc4140"), None);
    }
}

#[tokio::test]
async fn an_endpoint_of_its_own_schedules_messages_and_state() {
    for app in TestApp::on_each_engine().await {
        let ada = app.user("ada").await;
        let room = ada.create_room(json!({})).await;
        let base = "/_matrix/client/unstable/org.matrix.msc4140/rooms";
        let path =
            |kind: &str, id: &str| format!("{base}/{}/delayed_event/{kind}/{id}", encode(&room));
        let message = json!({ "delay_ms": 10_000, "content": { "body": "hello" } });
        let reply = ada.put(&path("m.room.message", "1"), message.clone()).await;
        assert_eq!(reply.verdict(), "200");
        let again = ada.put(&path("m.room.message", "1"), message).await;
        assert_eq!(reply.json(), again.json());
        let state = json!({ "delay": 20_000, "state_key": "", "content": { "topic": "later" } });
        let reply = ada.put(&path("m.room.topic", "2"), state).await.json();
        let scheduled = listed(&ada, "scheduled").await;
        assert_eq!(scheduled.len(), 2);
        assert_eq!(scheduled[1]["state_key"], "");
        assert_eq!(scheduled[0].get("state_key"), None);
        assert_eq!(act(&app, reply["delay_id"].as_str().unwrap(), "send").await, "200");
        let topic = format!("/rooms/{}/state/m.room.topic", encode(&room));
        assert_eq!(ada.get(&topic).await.json()["topic"], "later");
        for (body, verdict) in [
            (json!({ "content": {} }), "400 M_MISSING_PARAM"),
            (json!({ "delay_ms": 5 }), "400 M_MISSING_PARAM"),
            (json!({ "delay_ms": "5", "content": {} }), "400 M_BAD_JSON"),
            (json!({ "delay_ms": 5, "content": [] }), "400 M_BAD_JSON"),
            (json!({ "delay_ms": 5, "state_key": 1, "content": {} }), "400 M_BAD_JSON"),
            (json!({ "delay_ms": 5, "state_key": "\u{0}", "content": {} }), "400 M_BAD_JSON"),
            (json!({ "delay_ms": 0, "content": {} }), "400 M_INVALID_PARAM"),
        ] {
            assert_eq!(ada.put(&path("m.x", "3"), body.clone()).await.verdict(), verdict, "{body}");
        }
        let limits = ada.get("/capabilities").await.json();
        let limits = &limits["capabilities"]["org.matrix.msc4140.delayed_events"];
        assert_eq!(*limits, json!({ "max_delay_ms": 86_400_000, "max_scheduled": 100 }));
    }
}
