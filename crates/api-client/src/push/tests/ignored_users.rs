//! What ignored users send is not counted for those who ignore them, whatever rules they have.
use serde_json::json;

use super::unread::{Chat, rule};
use crate::testing::{TestApp, TestUser, encode};

async fn ignore(user: &TestUser, ignored: &[&TestUser]) {
    let ids = ignored.iter().map(|ignored| (ignored.id.to_string(), json!({})));
    let list: serde_json::Map<_, _> = ids.collect();
    let path = format!("/user/{}/account_data/m.ignored_user_list", encode(user.id.as_str()));
    let reply = user.put(&path, json!({ "ignored_users": list })).await;
    assert_eq!(reply.verdict(), "200");
}

#[tokio::test]
async fn what_ignored_users_send_is_not_counted() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let (carol, eve) = (app.user("carol").await, app.user("eve").await);
        let chat = Chat::new(&app, &[&alice, &bob, &carol, &eve]).await;
        // Bob has the server's rules, Carol keywords of her own: she is in another audience.
        let content =
            json!({ "pattern": "fish", "actions": ["notify", { "set_tweak": "highlight" }] });
        rule(&carol, "content/fish", content).await;
        for user in [&bob, &carol] {
            ignore(user, &[&eve]).await;
            assert_eq!(chat.unread(user).await, (0, 0));
        }
        let root = chat.say(&eve, "a message").await;
        chat.say(&eve, "fish").await;
        chat.mention(&eve, &[&bob, &carol]).await;
        chat.reply(&eve, &root, "in a thread").await;
        assert_eq!(chat.unread(&alice).await, (4, 0));
        assert_eq!(chat.unread(&bob).await, (0, 0));
        assert_eq!(chat.unread(&carol).await, (0, 0));
        // What others send still counts.
        chat.say(&alice, "fish").await;
        chat.mention(&alice, &[&bob]).await;
        assert_eq!(chat.unread(&bob).await, (2, 1));
        assert_eq!(chat.unread(&carol).await, (2, 1));
        assert_eq!(chat.threaded(&bob, &root).await, [(2, 1), (0, 0)]);
        // What is redacted does not count twice.
        let path = format!("/rooms/{}/redact/{}/r1", encode(&chat.id), encode(&root));
        assert_eq!(eve.put(&path, json!({})).await.verdict(), "200");
        assert_eq!(chat.unread(&bob).await, (2, 1));
        let last = chat.say(&eve, "more").await;
        assert_eq!(chat.read(&bob, "m.read", &last, None).await, "200");
        assert_eq!(chat.unread(&bob).await, (0, 0));
        chat.say(&eve, "and more").await;
        assert_eq!(chat.unread(&bob).await, (0, 0));
        ignore(&bob, &[]).await;
        chat.say(&eve, "seen again").await;
        assert_eq!(chat.unread(&bob).await, (2, 0), "what is unread counts again");
    }
}

#[tokio::test]
async fn whoever_mutes_a_room_does_not_owe_it_what_they_ignore() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob, eve) =
            (app.user("alice").await, app.user("bob").await, app.user("eve").await);
        let chat = Chat::new(&app, &[&alice, &bob, &eve]).await;
        rule(&bob, &format!("room/{}", encode(&chat.id)), json!({ "actions": [] })).await;
        ignore(&bob, &[&eve]).await;
        chat.say(&eve, "muted and ignored").await;
        chat.mention(&alice, &[&bob]).await;
        assert_eq!(chat.unread(&bob).await, (1, 1));
    }
}
