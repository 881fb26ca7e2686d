//! What push gateways are told: a gateway that listens, as those of applications do.
use std::{sync::Arc, time::Duration};

use ::push::delivery::{Delivery, Settings};
use accounts::validity::Renewal;
use axum::{Json, Router, extract::State, response::IntoResponse, routing::post};
use http::StatusCode;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use super::{
    pushers::{list, pusher, set},
    unread::{Chat, rule},
};
use crate::testing::{TestApp, TestUser, encode};

const PATIENCE: Duration = Duration::from_secs(20);

/// How a gateway answers.
#[derive(Clone)]
enum Manner {
    Takes,
    Fails(StatusCode),
    Rejects(&'static str),
    Sleeps,
}

#[derive(Clone)]
struct Shared {
    told: mpsc::UnboundedSender<Value>,
    manner: Arc<Mutex<Manner>>,
}

/// A gateway.
pub(super) struct Gateway {
    url: String,
    told: mpsc::UnboundedReceiver<Value>,
    manner: Arc<Mutex<Manner>>,
}

async fn notify(State(shared): State<Shared>, Json(body): Json<Value>) -> impl IntoResponse {
    let manner = shared.manner.lock().clone();
    let (status, answer) = match manner {
        Manner::Takes => (StatusCode::OK, json!({ "rejected": [] })),
        Manner::Rejects(key) => (StatusCode::OK, json!({ "rejected": [key] })),
        Manner::Fails(status) => (status, json!({ "rejected": [] })),
        Manner::Sleeps => {
            tokio::time::sleep(Duration::from_mins(10)).await;
            (StatusCode::OK, json!({}))
        }
    };
    let _ = shared.told.send(body["notification"].clone());
    (status, Json(answer))
}

impl Gateway {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, told) = mpsc::unbounded_channel();
        let manner = Arc::new(Mutex::new(Manner::Takes));
        let shared = Shared { told: sender, manner: Arc::clone(&manner) };
        let router =
            Router::new().route("/_matrix/push/v1/notify", post(notify)).with_state(shared);
        tokio::spawn(async move { axum::serve(listener, router).await });
        let url = format!("http://{address}/_matrix/push/v1/notify");
        Self { url, told, manner }
    }

    fn be(&self, manner: Manner) {
        *self.manner.lock() = manner;
    }

    /// What it is told next.
    async fn next(&mut self) -> Value {
        let told = tokio::time::timeout(PATIENCE, self.told.recv()).await;
        told.unwrap_or_else(|_| panic!("the gateway is told nothing")).unwrap()
    }

    /// The next event that it is told of: badges are passed over.
    pub(super) async fn event(&mut self) -> Value {
        loop {
            let told = self.next().await;
            if told["event_id"].is_string() {
                return told;
            }
        }
    }

    /// It is told nothing of an event for a while.
    async fn hears_of_nothing(&mut self) {
        tokio::time::sleep(Duration::from_millis(400)).await;
        while let Ok(told) = self.told.try_recv() {
            assert_eq!(told.get("event_id"), None, "{told}");
        }
    }
}

/// Deliveries that run.
pub(super) struct Running {
    stop: oneshot::Sender<()>,
    task: JoinHandle<db::Result<()>>,
}

impl Running {
    fn start(app: &TestApp) -> Self {
        Self::with(Arc::clone(&app.app.deliveries))
    }

    fn with(deliveries: Arc<Delivery>) -> Self {
        let (stop, stopped) = oneshot::channel();
        let stopped = async move { drop(stopped.await) };
        Self { stop, task: tokio::spawn(async move { deliveries.run(stopped).await }) }
    }

    pub(super) async fn stop(self) {
        let _ = self.stop.send(());
        self.task.await.unwrap().unwrap();
    }
}

pub(super) async fn apps() -> Vec<TestApp> {
    TestApp::on_each_engine_with(|config| config.egress.allow_private = true).await
}

async fn sets(user: &TestUser, key: &str, gateway: &Gateway, format: Option<&str>) {
    let mut body = pusher(key, &gateway.url);
    body["data"] = json!({ "url": gateway.url, "own": 5 });
    if let Some(format) = format {
        body["data"]["format"] = json!(format);
    }
    assert_eq!(set(user, body).await, "200");
}

/// Two who chat, one of whom has a pusher.
pub(super) struct Scene<'a> {
    pub(super) running: Running,
    pub(super) alice: TestUser,
    pub(super) bob: TestUser,
    pub(super) chat: Chat<'a>,
    pub(super) gateway: Gateway,
}

impl<'a> Scene<'a> {
    pub(super) async fn set(app: &'a TestApp) -> Self {
        let running = Running::start(app);
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let chat = Chat::new(app, &[&alice, &bob]).await;
        let gateway = Gateway::start().await;
        sets(&bob, "key", &gateway, None).await;
        Self { running, alice, bob, chat, gateway }
    }
}

#[tokio::test]
async fn a_gateway_is_told_what_notifies_and_how_much_is_unread() {
    for app in apps().await {
        let Scene { running, alice, bob, chat, mut gateway } = Scene::set(&app).await;
        let path = format!("/rooms/{}/state/m.room.name", encode(&chat.id));
        assert_eq!(alice.put(&path, json!({ "name": "Room" })).await.verdict(), "200");
        chat.send(&alice, "m.room.message", json!({ "msgtype": "m.notice", "body": "no" })).await;
        let event = chat.mention(&alice, &[&bob]).await;
        let told = gateway.event().await;
        let content = json!({
            "msgtype": "m.text", "body": "you", "m.mentions": { "user_ids": [bob.id] },
        });
        let expected = json!({
            "event_id": event, "room_id": chat.id, "type": "m.room.message", "sender": alice.id,
            "sender_display_name": "alice", "room_name": "Room", "prio": "high",
            "content": content, "counts": { "unread": 1 },
            "devices": [{
                "app_id": "org.example.app", "pushkey": "key",
                "pushkey_ts": told["devices"][0]["pushkey_ts"], "data": { "own": 5 },
                "tweaks": { "sound": "default", "highlight": true },
            }],
        });
        assert_eq!(told, expected);
        let second = chat.say(&alice, "more").await;
        let told = gateway.event().await;
        assert_eq!((&told["event_id"], &told["counts"]["unread"]), (&json!(second), &json!(2)));
        assert_eq!(told["prio"], "high", "it makes a sound among two");
        // Read: the badge alone is told.
        assert_eq!(chat.read(&bob, "m.read", &second, None).await, "200");
        let told = gateway.next().await;
        assert_eq!(told["counts"], json!({ "unread": 0 }));
        assert_eq!(told.get("event_id"), None);
        // What was sent before a pusher was set is not told, nor what one sends oneself, nor what is muted.
        chat.say(&bob, "of one's own").await;
        rule(&bob, &format!("room/{}", encode(&chat.id)), json!({ "actions": [] })).await;
        chat.say(&alice, "muted").await;
        gateway.hears_of_nothing().await;
        running.stop().await;
    }
}

#[tokio::test]
async fn who_wants_ids_only_gets_no_more_and_invites_are_told() {
    for app in apps().await {
        let running = Running::start(&app);
        let (alice, bob, eve) =
            (app.user("alice").await, app.user("bob").await, app.user("eve").await);
        let mut gateway = Gateway::start().await;
        sets(&bob, "key", &gateway, Some("event_id_only")).await;
        let path = format!("/user/{}/account_data/m.ignored_user_list", encode(bob.id.as_str()));
        let list = json!({ "ignored_users": { eve.id.as_str(): {} } });
        assert_eq!(bob.put(&path, list).await.verdict(), "200");
        for inviter in [&eve, &alice] {
            let room = inviter.create_room(json!({ "invite": [bob.id] })).await;
            if inviter.id == eve.id {
                gateway.hears_of_nothing().await;
                continue;
            }
            let told = gateway.event().await;
            let expected = json!({
                "event_id": told["event_id"], "room_id": room, "prio": "high",
                "counts": { "unread": 1 },
                "devices": [{
                    "app_id": "org.example.app", "pushkey": "key",
                    "pushkey_ts": told["devices"][0]["pushkey_ts"],
                    "data": { "own": 5, "format": "event_id_only" },
                }],
            });
            assert_eq!(told, expected);
            bob.join(&room).await;
            let event = inviter.say(&room, "hello").await;
            assert_eq!(gateway.event().await["event_id"], event);
        }
        running.stop().await;
    }
}

#[tokio::test]
async fn what_a_gateway_does_not_take_is_told_again_also_after_a_restart() {
    for app in apps().await {
        let Scene { running, alice, chat, mut gateway, .. } = Scene::set(&app).await;
        gateway.be(Manner::Fails(StatusCode::BAD_GATEWAY));
        let first = chat.say(&alice, "1").await;
        assert_eq!(gateway.event().await["event_id"], first);
        let second = chat.say(&alice, "2").await;
        gateway.hears_of_nothing().await;
        app.clock.advance_ms(1_100);
        assert_eq!(gateway.event().await["event_id"], first, "it is tried again");
        running.stop().await;
        let third = chat.say(&alice, "3").await;
        gateway.be(Manner::Takes);
        let running = Running::start(&app);
        for event in [&first, &second, &third] {
            assert_eq!(gateway.event().await["event_id"], **event);
        }
        gateway.hears_of_nothing().await;
        // Nothing is told twice, and what is sent while nobody delivers is told afterwards.
        running.stop().await;
        let fourth = chat.say(&alice, "4").await;
        let read = chat.say(&alice, "5").await;
        let running = Running::start(&app);
        for event in [&fourth, &read] {
            assert_eq!(gateway.event().await["event_id"], **event);
        }
        gateway.hears_of_nothing().await;
        running.stop().await;
    }
}

#[tokio::test]
async fn what_a_gateway_has_not_taken_for_a_day_is_given_up() {
    for app in apps().await {
        let Scene { running, alice, chat, mut gateway, .. } = Scene::set(&app).await;
        gateway.be(Manner::Fails(StatusCode::NOT_FOUND));
        let old = chat.say(&alice, "old").await;
        assert_eq!(gateway.event().await["event_id"], old);
        // Until it is noted that the gateway fails.
        gateway.hears_of_nothing().await;
        running.stop().await;
        app.clock.advance_ms(86_400_000 + 60_000);
        let new = chat.say(&alice, "new").await;
        let running = Running::start(&app);
        assert_eq!(gateway.event().await["event_id"], new, "the old one is given up");
        // The next try is counted from when it is noted that this one has failed.
        gateway.hears_of_nothing().await;
        gateway.be(Manner::Takes);
        app.clock.advance_ms(2_000);
        assert_eq!(gateway.event().await["event_id"], new);
        running.stop().await;
    }
}

#[tokio::test]
async fn a_pusher_whose_key_is_rejected_is_removed() {
    for app in apps().await {
        let Scene { running, alice, bob, chat, mut gateway } = Scene::set(&app).await;
        gateway.be(Manner::Rejects("of somebody else"));
        chat.say(&alice, "1").await;
        gateway.event().await;
        assert_eq!(list(&bob).await.len(), 1);
        gateway.be(Manner::Rejects("key"));
        chat.say(&alice, "2").await;
        gateway.event().await;
        for _ in 0..100 {
            if list(&bob).await.is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(list(&bob).await.is_empty());
        chat.say(&alice, "3").await;
        gateway.hears_of_nothing().await;
        running.stop().await;
    }
}

#[tokio::test]
async fn a_gateway_that_sleeps_holds_up_nobody_else() {
    for app in apps().await {
        let running = Running::start(&app);
        let alice = app.user("alice").await;
        let chat = Chat::new(&app, &[&alice]).await;
        let (sleepy, mut quick) = (Gateway::start().await, Gateway::start().await);
        sleepy.be(Manner::Sleeps);
        for number in 0..50 {
            let user = app.user(&format!("user{number}")).await;
            user.join(&chat.id).await;
            sets(&user, "key", &sleepy, None).await;
            if number == 0 {
                sets(&user, "other", &quick, None).await;
            }
        }
        for number in 0..5 {
            let event = chat.say(&alice, &number.to_string()).await;
            assert_eq!(quick.event().await["event_id"], event);
        }
        running.stop().await;
    }
}

#[tokio::test]
async fn a_pusher_that_is_switched_off_is_told_nothing() {
    for app in apps().await {
        let running = Running::start(&app);
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let chat = Chat::new(&app, &[&alice, &bob]).await;
        let mut gateway = Gateway::start().await;
        let mut body = pusher("key", &gateway.url);
        body["org.matrix.msc3881.enabled"] = json!(false);
        assert_eq!(set(&bob, body.clone()).await, "200");
        chat.say(&alice, "1").await;
        gateway.hears_of_nothing().await;
        body["org.matrix.msc3881.enabled"] = json!(true);
        assert_eq!(set(&bob, body).await, "200");
        let event = chat.say(&alice, "2").await;
        assert_eq!(gateway.event().await["event_id"], event);
        running.stop().await;
    }
}

#[tokio::test]
async fn whoever_has_an_account_that_has_ended_is_told_nothing_until_it_is_renewed() {
    const DAYS_31_MS: i64 = 31 * 86_400_000;
    let ending = |config: &mut config::Config| {
        config.egress.allow_private = true;
        config.account_validity.period = Some(config::Lifetime::seconds(30 * 86_400));
    };
    for app in TestApp::on_each_engine_with(ending).await {
        let Scene { running, alice, bob, chat, mut gateway } = Scene::set(&app).await;
        let event = chat.say(&alice, "1").await;
        assert_eq!(gateway.event().await["event_id"], event);
        app.clock.advance_ms(DAYS_31_MS);
        app.app.accounts.renew(&alice.id, Renewal::Usual).await.unwrap();
        chat.say(&alice, "2").await;
        gateway.hears_of_nothing().await;
        app.app.accounts.renew(&bob.id, Renewal::Usual).await.unwrap();
        let event = chat.say(&alice, "3").await;
        assert_eq!(gateway.event().await["event_id"], event, "what came meanwhile is passed over");
        running.stop().await;
    }
}

#[tokio::test]
async fn nobody_makes_the_server_ask_inside_its_network() {
    for app in TestApp::on_each_engine().await {
        let Scene { running, alice, chat, mut gateway, .. } = Scene::set(&app).await;
        chat.say(&alice, "1").await;
        gateway.hears_of_nothing().await;
        running.stop().await;
    }
}

#[tokio::test]
async fn an_administrator_may_keep_what_is_said_from_gateways() {
    for app in apps().await {
        let options = egress::Options {
            allow_private: true,
            allow_own: true,
            extra_ca_file: None,
            connect_timeout: PATIENCE,
            request_timeout: PATIENCE,
        };
        let settings =
            Settings { include_content: false, badge_counts_rooms: true, ..Settings::default() };
        let (push, rooms) = (Arc::clone(&app.app.push), Arc::clone(&app.app.rooms));
        let egress = egress::Egress::new(options).unwrap();
        let running = Running::with(Delivery::new(push, rooms, egress, settings));
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let chat = Chat::new(&app, &[&alice, &bob]).await;
        let mut gateway = Gateway::start().await;
        sets(&bob, "key", &gateway, None).await;
        for _ in 0..2 {
            chat.say(&alice, "secret").await;
            let told = gateway.event().await;
            assert_eq!(told.get("content"), None);
            assert_eq!(told["counts"], json!({ "unread": 1 }));
            assert_eq!(told["sender"], json!(alice.id));
        }
        running.stop().await;
    }
}
