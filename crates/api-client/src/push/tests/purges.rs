//! What is purged is not unread any more, and what comes after is counted as ever.
use protocol::ids::{EventId, RoomId};
use rooms::Old;
use serde_json::json;

use super::unread::{Chat, rule};
use crate::testing::{TestApp, encode};

/// Purges what is before an event.
async fn purge(chat: &Chat<'_>, before: &str) {
    let rooms = &chat.app.app.rooms;
    let room = rooms.room(&RoomId::parse(chat.id.as_str()).unwrap()).await.unwrap();
    let event = rooms.event(&EventId::parse(before).unwrap()).await.unwrap().unwrap();
    rooms.purge(&room, Old::Before(event.position().unwrap())).await.unwrap();
}

#[tokio::test]
async fn counts_are_of_what_is_left() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let carol = app.user("carol").await;
        let chat = Chat::new(&app, &[&alice, &bob, &carol]).await;
        // Carol counts by other rules than the others, and from a later time on.
        let loud =
            json!({ "pattern": "cake", "actions": ["notify", { "set_tweak": "highlight" }] });
        for _ in 0..3 {
            chat.say(&alice, "old").await;
        }
        chat.mention(&alice, &[&bob]).await;
        chat.say(&alice, "old cake").await;
        rule(&carol, "content/cake", loud).await;
        let kept = chat.say(&alice, "cake").await;
        chat.say(&alice, "new").await;
        assert_eq!(chat.unread(&bob).await, (7, 1));
        assert_eq!(chat.unread(&carol).await, (7, 1));
        purge(&chat, &kept).await;
        assert_eq!(chat.unread(&bob).await, (2, 0));
        assert_eq!(chat.unread(&carol).await, (2, 1));
        let last = chat.say(&alice, "newest").await;
        chat.mention(&alice, &[&bob]).await;
        assert_eq!(chat.unread(&bob).await, (4, 1));
        // A redaction takes back what it empties, where what stood before that is gone.
        let path = format!("/rooms/{}/redact/{}/1", encode(&chat.id), encode(&kept));
        assert_eq!(alice.put(&path, json!({})).await.verdict(), "200");
        assert_eq!(chat.unread(&bob).await, (3, 1));
        assert_eq!(chat.read(&bob, "m.read", &last, None).await, "200");
        assert_eq!(chat.unread(&bob).await, (1, 1));
        purge(&chat, &last).await;
        assert_eq!(chat.unread(&bob).await, (1, 1));
        assert_eq!(chat.unread(&carol).await.0, 2);
    }
}

#[tokio::test]
async fn a_thread_without_its_beginning_counts_with_the_rest() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let chat = Chat::new(&app, &[&alice, &bob]).await;
        let root = chat.say(&alice, "root").await;
        chat.reply(&alice, &root, "1").await;
        let second = chat.reply(&alice, &root, "2").await;
        chat.reply(&alice, &root, "3").await;
        purge(&chat, &second).await;
        for left in [2, 1] {
            let told = chat.room(&bob, true).await;
            assert_eq!(told["unread_notifications"]["notification_count"], left);
            assert_eq!(told.get("unread_thread_notifications"), None);
            assert_eq!(chat.unread(&bob).await, (left, 0));
            assert_eq!(chat.read(&bob, "m.read", &second, Some(&root)).await, "200");
        }
    }
}
