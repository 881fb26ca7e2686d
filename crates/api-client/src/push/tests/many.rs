//! What a send costs does not depend on how many there are.
use db::{Read as _, params};
use serde_json::json;

use super::unread::{Chat, rule};
use crate::testing::{TestApp, TestUser, encode};

const TABLES: [(&str, &str); 7] = [
    ("events", "SELECT COUNT(*) FROM events"),
    ("notifications", "SELECT COUNT(*) FROM notifications"),
    ("notification_audiences", "SELECT COUNT(*) FROM notification_audiences"),
    ("read_marks", "SELECT COUNT(*) FROM read_marks"),
    ("receipts", "SELECT COUNT(*) FROM receipts"),
    ("memberships", "SELECT COUNT(*) FROM memberships"),
    ("account_data", "SELECT COUNT(*) FROM account_data"),
];

async fn rows(app: &TestApp) -> Vec<(&'static str, i64)> {
    let db = &app.app.rooms.store().db;
    let mut rows = Vec::new();
    for (table, sql) in TABLES {
        let row = db.query_optional(sql, params![]).await.unwrap().unwrap();
        rows.push((table, row.get(0).unwrap()));
    }
    rows
}

/// How many rows a table got.
fn grown(
    before: &[(&'static str, i64)],
    after: &[(&'static str, i64)],
) -> Vec<(&'static str, i64)> {
    let grown =
        before.iter().zip(after).map(|((table, before), (_, after))| (*table, after - before));
    grown.filter(|(_, rows)| *rows != 0).collect()
}

#[tokio::test]
async fn a_send_writes_as_much_for_forty_members_as_for_two() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let mut members = Vec::new();
        for number in 0..40 {
            members.push(app.user(&format!("user{number}")).await);
        }
        let all: Vec<&TestUser> = [&alice].into_iter().chain(&members).collect();
        let small = Chat::new(&app, &all[..2]).await;
        let large = Chat::new(&app, &all).await;
        for muting in &members[..30] {
            rule(muting, &format!("room/{}", encode(&large.id)), json!({ "actions": [] })).await;
        }
        let everybody = json!({ "msgtype": "m.text", "body": "", "m.mentions": { "room": true } });
        for chat in [&small, &large] {
            chat.say(&alice, "the first leaves a mark of its sender").await;
            let before = rows(&app).await;
            chat.say(&alice, "hello").await;
            let message = rows(&app).await;
            assert_eq!(grown(&before, &message), [("events", 1)]);
            chat.send(&alice, "m.room.message", everybody.clone()).await;
            let mention = rows(&app).await;
            let audiences = if chat.id == small.id { 1 } else { 2 };
            assert_eq!(grown(&message, &mention), [("events", 1), ("notifications", audiences)]);
        }
        assert_eq!(large.unread(&members[0]).await, (1, 1));
        assert_eq!(large.unread(&members[39]).await, (3, 1));
    }
}
