//! How much is unread for those who have rules of their own.
use serde_json::{Value, json};

use super::unread::{Chat, rule};
use crate::testing::{TestApp, encode};

fn only_in(room: &str) -> Value {
    let here = json!({ "kind": "event_match", "key": "room_id", "pattern": room });
    json!({ "conditions": [here], "actions": [] })
}

fn loud() -> Value {
    json!(["notify", { "set_tweak": "highlight" }])
}

#[tokio::test]
async fn a_muted_room_is_silent_from_then_on() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let carol = app.user("carol").await;
        let chat = Chat::new(&app, &[&alice, &bob, &carol]).await;
        chat.say(&alice, "1").await;
        let mentions_only = format!("room/{}", encode(&chat.id));
        let muted = format!("override/{}", encode(&chat.id));
        rule(&bob, &mentions_only, json!({ "actions": [] })).await;
        rule(&carol, &muted, only_in(&chat.id)).await;
        chat.say(&alice, "2").await;
        assert_eq!(chat.unread(&bob).await, (1, 0), "what was unread before stays so");
        assert_eq!(chat.unread(&carol).await, (1, 0));
        let everybody = json!({ "msgtype": "m.text", "body": "", "m.mentions": { "room": true } });
        for mention in [true, false] {
            if mention {
                chat.mention(&alice, &[&bob, &carol]).await;
            } else {
                chat.send(&alice, "m.room.message", everybody.clone()).await;
            }
            let mentioned = if mention { 1 } else { 2 };
            assert_eq!(chat.unread(&bob).await, (1 + mentioned, mentioned));
            assert_eq!(chat.unread(&carol).await, (1, 0));
        }
        assert_eq!(
            bob.delete(&format!("/pushrules/global/{mentions_only}")).await.verdict(),
            "200"
        );
        assert_eq!(carol.delete(&format!("/pushrules/global/{muted}")).await.verdict(), "200");
        assert_eq!(chat.unread(&carol).await.0, 1, "what came while it was muted stays silent");
        let last = chat.say(&alice, "5").await;
        assert_eq!(chat.unread(&bob).await, (4, 2));
        assert_eq!(chat.unread(&carol).await.0, 2);
        for user in [&bob, &carol] {
            chat.read(user, "m.read", &last, None).await;
            assert_eq!(chat.unread(user).await, (0, 0));
        }
        chat.say(&alice, "6").await;
        assert_eq!(chat.unread(&bob).await, (1, 0));
        assert_eq!(chat.unread(&carol).await, (1, 0));
    }
}

#[tokio::test]
async fn keywords_senders_and_names_count_as_the_rules_say() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let carol = app.user("carol").await;
        let chat = Chat::new(&app, &[&alice, &bob, &carol]).await;
        rule(&bob, "content/cake", json!({ "pattern": "c?ke", "actions": loud() })).await;
        rule(&carol, "content/same", json!({ "pattern": "c?ke", "actions": loud() })).await;
        let by_name =
            json!({ "conditions": [{ "kind": "contains_display_name" }], "actions": loud() });
        rule(&carol, "override/name", by_name).await;
        chat.say(&alice, "have some Cake!").await;
        assert_eq!(chat.unread(&bob).await, (1, 1));
        assert_eq!(chat.unread(&carol).await, (1, 1));
        chat.say(&alice, "pancake").await;
        chat.say(&alice, "carol has a name here").await;
        assert_eq!(chat.unread(&bob).await, (3, 1));
        assert_eq!(chat.unread(&carol).await, (3, 2));
        let name = format!("/profile/{}/displayname", encode(carol.id.as_str()));
        assert_eq!(carol.put(&name, json!({ "displayname": "Caz" })).await.verdict(), "200");
        chat.say(&alice, "hello caz").await;
        assert_eq!(chat.unread(&carol).await, (4, 3));
        chat.say(&alice, "hello carol").await;
        assert_eq!(chat.unread(&carol).await, (5, 3));
        chat.mention(&alice, &[&bob, &carol]).await;
        assert_eq!(chat.unread(&bob).await, (6, 2));
        assert_eq!(chat.unread(&carol).await, (6, 4));
        let from_alice = format!("sender/{}", encode(alice.id.as_str()));
        rule(&bob, &from_alice, json!({ "actions": [] })).await;
        chat.say(&alice, "not for bob").await;
        assert_eq!(chat.unread(&bob).await, (6, 2));
        chat.say(&carol, "for bob").await;
        assert_eq!(chat.unread(&bob).await, (7, 2));
        assert_eq!(chat.unread(&carol).await, (0, 0));
        chat.say(&alice, "cake for all").await;
        assert_eq!(chat.unread(&bob).await, (8, 3), "words are stronger than senders");
    }
}

#[tokio::test]
async fn messages_to_one_and_to_many_are_told_apart() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let carol = app.user("carol").await;
        let chat = Chat::new(&app, &[&alice, &bob]).await;
        let off = json!({ "enabled": false });
        rule(&bob, "underride/.m.rule.message/enabled", off).await;
        chat.say(&alice, "to you").await;
        assert_eq!(chat.unread(&bob).await, (1, 0));
        carol.join(&chat.id).await;
        chat.say(&alice, "to many").await;
        assert_eq!(chat.unread(&bob).await, (1, 0));
        assert_eq!(chat.unread(&carol).await, (1, 0));
        chat.send(&alice, "m.room.encrypted", json!({ "algorithm": "m.x" })).await;
        assert_eq!(chat.unread(&bob).await, (2, 0), "that rule is another one");
        chat.send(&alice, "m.call.invite", json!({})).await;
        assert_eq!(chat.unread(&bob).await, (3, 0));
    }
}

#[tokio::test]
async fn own_rules_hold_in_rooms_that_are_joined_later() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let chat = Chat::new(&app, &[&alice]).await;
        rule(&bob, "content/cake", json!({ "pattern": "cake", "actions": loud() })).await;
        bob.join(&chat.id).await;
        let word = chat.say(&alice, "cake").await;
        assert_eq!(chat.unread(&bob).await, (1, 1));
        let path = format!("/rooms/{}/redact/{}/1", encode(&chat.id), encode(&word));
        assert_eq!(alice.put(&path, json!({})).await.verdict(), "200");
        assert_eq!(chat.unread(&bob).await, (0, 0));
        rule(&bob, "override/.m.rule.master/enabled", json!({ "enabled": true })).await;
        chat.mention(&alice, &[&bob]).await;
        chat.say(&alice, "cake").await;
        assert_eq!(chat.unread(&bob).await, (0, 0));
        rule(&bob, "override/.m.rule.master/enabled", json!({ "enabled": false })).await;
        chat.say(&alice, "cake").await;
        assert_eq!(chat.unread(&bob).await, (1, 1));
    }
}

#[tokio::test]
async fn events_about_oneself_and_by_oneself() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let chat = Chat::new(&app, &[&alice, &bob]).await;
        let members = json!([{ "kind": "event_match", "key": "type", "pattern": "m.room.member" }]);
        rule(&bob, "override/members", json!({ "conditions": members, "actions": ["notify"] }))
            .await;
        let carol = app.user("carol").await;
        carol.join(&chat.id).await;
        assert_eq!(chat.unread(&bob).await, (1, 0));
        let name = format!("/profile/{}/displayname", encode(bob.id.as_str()));
        assert_eq!(bob.put(&name, json!({ "displayname": "Bobby" })).await.verdict(), "200");
        assert_eq!(chat.unread(&bob).await, (1, 0), "nobody is notified of their own events");
        let own = json!([{ "kind": "event_match", "key": "state_key", "pattern": bob.id }]);
        rule(&bob, "override/own", json!({ "conditions": own, "actions": loud() })).await;
        let state = |user: &str| {
            format!("/rooms/{}/state/org.example.x/{}", encode(&chat.id), encode(user))
        };
        assert_eq!(alice.put(&state("someone"), json!({})).await.verdict(), "200");
        assert_eq!(chat.unread(&bob).await, (1, 0));
    }
}
