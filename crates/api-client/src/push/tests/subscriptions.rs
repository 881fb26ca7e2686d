//! Subscriptions to threads (MSC4306): how they change, and what they do to counts, notifications and pushes.
use serde_json::{Value, json};

use super::{
    delivery::{Scene, apps},
    history::{pages, texts},
    unread::{Chat, rule},
};
use crate::testing::{TestApp, TestUser, encode};

const KIND: &str = "postcontent";
const UNSUBSCRIBED: &str = "postcontent/.io.element.msc4306.rule.unsubscribed_thread";
const SUBSCRIBED: &str = "postcontent/.io.element.msc4306.rule.subscribed_thread";

fn path(room: &str, thread: &str) -> String {
    let base = "/_matrix/client/unstable/io.element.msc4306/rooms";
    format!("{base}/{}/thread/{}/subscription", encode(room), encode(thread))
}

async fn subscribe(user: &TestUser, chat: &Chat<'_>, root: &str, cause: Option<&str>) -> String {
    let body = cause.map_or(json!({}), |cause| json!({ "automatic": cause }));
    user.put(&path(&chat.id, root), body).await.verdict()
}

async fn unsubscribe(user: &TestUser, chat: &Chat<'_>, root: &str) -> String {
    user.delete(&path(&chat.id, root)).await.verdict()
}

async fn subscription(user: &TestUser, chat: &Chat<'_>, root: &str) -> Value {
    let reply = user.get(&path(&chat.id, root)).await;
    if reply.verdict() == "404 M_NOT_FOUND" {
        Value::Null
    } else {
        reply.json()["automatic"].clone()
    }
}

#[tokio::test]
async fn threads_are_subscribed_to_by_users_and_by_their_clients() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let chat = Chat::new(&app, &[&alice, &bob]).await;
        let root = chat.say(&alice, "root").await;
        let main = chat.say(&alice, "main").await;
        assert_eq!(subscription(&bob, &chat, &root).await, Value::Null);
        assert_eq!(unsubscribe(&bob, &chat, &root).await, "200");
        let first = chat.reply(&alice, &root, "1").await;
        for _ in 0..2 {
            assert_eq!(subscribe(&bob, &chat, &root, Some(&first)).await, "200");
            assert_eq!(subscription(&bob, &chat, &root).await, json!(true));
        }
        assert_eq!(subscription(&alice, &chat, &root).await, Value::Null);
        assert_eq!(subscribe(&bob, &chat, &root, None).await, "200");
        let later = chat.reply(&alice, &root, "2").await;
        assert_eq!(subscribe(&bob, &chat, &root, Some(&later)).await, "200");
        assert_eq!(subscription(&bob, &chat, &root).await, json!(false), "the user's word stays");
        assert_eq!(unsubscribe(&bob, &chat, &root).await, "200");
        assert_eq!(subscription(&bob, &chat, &root).await, Value::Null);
        let conflict = "409 IO.ELEMENT.MSC4306.M_CONFLICTING_UNSUBSCRIPTION";
        for cause in [&first, &later] {
            assert_eq!(subscribe(&bob, &chat, &root, Some(cause)).await, conflict);
        }
        let newest = chat.reply(&alice, &root, "3").await;
        assert_eq!(subscribe(&bob, &chat, &root, Some(&newest)).await, "200");
        assert_eq!(subscription(&bob, &chat, &root).await, json!(true));
        assert_eq!(unsubscribe(&bob, &chat, &root).await, "200");
        assert_eq!(subscribe(&bob, &chat, &root, None).await, "200");
        // A thread that nobody has answered in yet can be subscribed to.
        assert_eq!(subscribe(&bob, &chat, &main, None).await, "200");
        for cause in [&main, &root, "$unknown", "$\u{0}"] {
            let verdict = subscribe(&bob, &chat, &root, Some(cause)).await;
            assert_eq!(verdict, "400 IO.ELEMENT.MSC4306.M_NOT_IN_THREAD", "{cause}");
        }
        let stranger = app.user("stranger").await;
        let hidden = Chat { app: &app, id: alice.create_room(json!({})).await };
        let secret = hidden.say(&alice, "secret").await;
        for (user, chat, root) in
            [(&stranger, &hidden, &secret), (&bob, &hidden, &secret), (&bob, &chat, &secret)]
        {
            assert_eq!(subscribe(user, chat, root, None).await, "404 M_NOT_FOUND");
            assert_eq!(unsubscribe(user, chat, root).await, "404 M_NOT_FOUND");
            assert_eq!(user.get(&path(&chat.id, root)).await.verdict(), "404 M_NOT_FOUND");
        }
        let odd = bob.put(&path(&chat.id, &root), json!({ "automatic": true })).await;
        assert_eq!(odd.verdict(), "400 M_BAD_JSON");
        let features = app.get("/_matrix/client/versions").await.json();
        assert_eq!(features["unstable_features"]["org.matrix.msc4306"], true);
    }
}

#[tokio::test]
async fn the_rules_about_threads_come_with_the_first_subscription() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let chat = Chat::new(&app, &[&alice, &bob]).await;
        let root = chat.say(&alice, "root").await;
        let other = chat.say(&alice, "other").await;
        let rules = async || bob.get("/pushrules/").await.json()["global"].clone();
        assert_eq!(rules().await.get(KIND), None);
        let verdict =
            async |path: &str| bob.get(&format!("/pushrules/global/{path}")).await.verdict();
        assert_eq!(verdict(UNSUBSCRIBED).await, "404 M_NOT_FOUND");
        assert_eq!(subscribe(&bob, &chat, &root, None).await, "200");
        let condition = |subscribed: bool| json!([{ "kind": "io.element.msc4306.thread_subscription", "subscribed": subscribed }]);
        let found = rules().await[KIND].clone();
        assert_eq!(found[0]["conditions"], condition(false));
        assert_eq!(found[0]["actions"], json!([]));
        assert_eq!(found[1]["conditions"], condition(true));
        let loud = json!(["notify", { "set_tweak": "sound", "value": "default" }]);
        assert_eq!(found[1]["actions"], loud);
        assert_eq!(verdict(UNSUBSCRIBED).await, "200");
        chat.reply(&alice, &other, "not heard").await;
        assert_eq!(chat.threaded(&bob, &other).await, [(2, 0), (0, 0)]);
        rule(&bob, &format!("{UNSUBSCRIBED}/enabled"), json!({ "enabled": false })).await;
        chat.reply(&alice, &other, "heard").await;
        assert_eq!(chat.threaded(&bob, &other).await, [(2, 0), (1, 0)]);
        rule(&bob, &format!("{SUBSCRIBED}/actions"), json!({ "actions": [] })).await;
        chat.reply(&alice, &root, "not heard").await;
        assert_eq!(chat.threaded(&bob, &root).await, [(2, 0), (0, 0)]);
        // A second subscription does not undo what the user has set.
        assert_eq!(subscribe(&bob, &chat, &other, None).await, "200");
        let found = rules().await[KIND].clone();
        assert_eq!((&found[0]["enabled"], &found[1]["actions"]), (&json!(false), &json!([])));
        for (path, expected) in
            [(SUBSCRIBED, "400 M_INVALID_PARAM"), ("postcontent/own", "400 M_INVALID_PARAM")]
        {
            let body = json!({ "actions": ["notify"], "conditions": [] });
            let put = bob.put(&format!("/pushrules/global/{path}"), body).await;
            assert_eq!(put.verdict(), expected, "{path}");
        }
        let path = format!("/pushrules/global/{SUBSCRIBED}");
        let deleted = bob.delete(&path).await;
        assert_eq!(deleted.verdict(), "400 M_INVALID_PARAM");
    }
}

#[tokio::test]
async fn counts_and_notifications_agree_about_threads() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let (carol, dan) = (app.user("carol").await, app.user("dan").await);
        let chat = Chat::new(&app, &[&alice, &bob, &carol, &dan]).await;
        let root = chat.say(&alice, "root").await;
        let other = chat.say(&alice, "other").await;
        assert_eq!(subscribe(&bob, &chat, &root, None).await, "200");
        assert_eq!(subscribe(&dan, &chat, &other, None).await, "200");
        chat.reply(&alice, &root, "to subscribers").await;
        chat.reply(&alice, &other, "elsewhere").await;
        chat.reply(&bob, &root, "by bob").await;
        chat.reply(&alice, &root, "again").await;
        assert_eq!(chat.threaded(&bob, &root).await, [(2, 0), (1, 0)], "an answer reads");
        assert_eq!(chat.threaded(&bob, &other).await, [(2, 0), (0, 0)]);
        assert_eq!(chat.unread(&bob).await, (3, 0));
        assert_eq!(chat.threaded(&dan, &root).await, [(2, 0), (0, 0)]);
        assert_eq!(chat.threaded(&dan, &other).await, [(2, 0), (1, 0)]);
        // Who has never subscribed to anything hears of every thread, as ever.
        assert_eq!(chat.threaded(&carol, &root).await, [(2, 0), (3, 0)]);
        assert_eq!(chat.threaded(&carol, &other).await, [(2, 0), (1, 0)]);
        let heard = pages(&bob, "").await;
        assert_eq!(texts(&heard), ["again", "to subscribers", "other", "root"]);
        assert_eq!(texts(&pages(&dan, "").await), ["elsewhere", "other", "root"]);
        // Mentions are heard everywhere; a thread with a subscription is heard in a muted room.
        let mention = json!({
            "msgtype": "m.text", "body": "you", "m.mentions": { "user_ids": [bob.id] },
            "m.relates_to": { "rel_type": "m.thread", "event_id": other },
        });
        chat.send(&alice, "m.room.message", mention).await;
        assert_eq!(chat.threaded(&bob, &other).await, [(2, 0), (1, 1)]);
        rule(&bob, &format!("room/{}", encode(&chat.id)), json!({ "actions": [] })).await;
        chat.say(&alice, "muted").await;
        let last = chat.reply(&alice, &root, "still heard").await;
        assert_eq!(chat.threaded(&bob, &root).await, [(2, 0), (2, 0)]);
        assert_eq!(texts(&pages(&bob, "").await)[..2], ["still heard", "you"]);
        let redact = format!("/rooms/{}/redact/{}/r", encode(&chat.id), encode(&last));
        assert_eq!(alice.put(&redact, json!({})).await.verdict(), "200");
        assert_eq!(chat.threaded(&bob, &root).await, [(2, 0), (1, 0)]);
        assert_eq!(unsubscribe(&bob, &chat, &root).await, "200");
        chat.reply(&alice, &root, "heard no more").await;
        assert_eq!(chat.threaded(&bob, &root).await, [(2, 0), (1, 0)]);
        let heard = pages(&bob, "").await;
        assert!(texts(&heard).contains(&"again") && !texts(&heard).contains(&"heard no more"));
        // What was sent while one was subscribed goes for those who are not any more, too.
        let again = pages(&bob, "").await.into_iter().find(|(body, _)| body == "again").unwrap();
        assert!(!again.1);
        assert_eq!(chat.threaded(&carol, &root).await, [(3, 0), (4, 0)]);
    }
}

#[tokio::test]
async fn gateways_are_told_of_threads_with_a_subscription() {
    for app in apps().await {
        let Scene { running, alice, bob, chat, mut gateway } = Scene::set(&app).await;
        let root = chat.say(&alice, "root").await;
        let other = chat.say(&alice, "other").await;
        for event in [&root, &other] {
            assert_eq!(gateway.event().await["event_id"], **event);
        }
        assert_eq!(subscribe(&bob, &chat, &root, None).await, "200");
        chat.reply(&alice, &other, "not heard").await;
        let heard = chat.reply(&alice, &root, "heard").await;
        let told = gateway.event().await;
        assert_eq!(told["event_id"], heard);
        assert_eq!(told["counts"]["unread"], 3);
        assert_eq!(told["devices"][0]["tweaks"], json!({ "sound": "default" }));
        running.stop().await;
    }
}
