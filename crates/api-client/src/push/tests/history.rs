//! What a user was notified of.
use serde_json::{Value, json};

use super::unread::Chat;
use crate::testing::{TestApp, TestUser, encode};

/// All pages of what a user was notified of: the texts, and whether they are read.
pub(super) async fn pages(user: &TestUser, query: &str) -> Vec<(String, bool)> {
    let (mut all, mut from) = (Vec::new(), String::new());
    for _ in 0..100 {
        let reply = user.get(&format!("/notifications?{query}{from}")).await;
        assert_eq!(reply.verdict(), "200", "{}", reply.json());
        let page = reply.json();
        for one in page["notifications"].as_array().unwrap() {
            let body = one["event"]["content"]["body"].as_str().unwrap_or_default().to_owned();
            assert!(one["ts"].is_i64() && one["room_id"].is_string(), "{one}");
            all.push((body, one["read"].as_bool().unwrap()));
        }
        match page["next_token"].as_str() {
            Some(token) => from = format!("&from={token}"),
            None => return all,
        }
    }
    panic!("it has no end");
}

pub(super) fn texts(all: &[(String, bool)]) -> Vec<&str> {
    all.iter().map(|(body, _)| body.as_str()).collect()
}

#[tokio::test]
async fn what_notified_is_listed_over_all_rooms_the_newest_first() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let one = Chat::new(&app, &[&alice, &bob]).await;
        let other = Chat::new(&app, &[&alice, &bob]).await;
        let mut last = String::new();
        for number in 0..40 {
            let chat = if number % 3 == 0 { &one } else { &other };
            last = chat.say(&alice, &number.to_string()).await;
            chat.send(&alice, "m.room.message", json!({ "msgtype": "m.notice", "body": "no" }))
                .await;
        }
        one.say(&bob, "of one's own").await;
        let all = pages(&bob, "limit=7").await;
        let expected: Vec<String> = (0..40).rev().map(|number| number.to_string()).collect();
        assert_eq!(texts(&all), expected);
        // Bob has answered in one room, and not read the other.
        let is_read = |body: &str| all.iter().find(|(text, _)| text == body).unwrap().1;
        assert!(is_read("36") && !is_read("37"));
        one.mention(&alice, &[&bob]).await;
        assert_eq!(texts(&pages(&bob, "only=highlight&limit=5").await), ["you"]);
        let path = format!("/rooms/{}/redact/{}/r", encode(&one.id), encode(&last));
        assert_eq!(alice.put(&path, json!({})).await.verdict(), "200");
        assert!(!texts(&pages(&bob, "").await).contains(&"39"));
        assert!(pages(&alice, "").await.iter().all(|(body, _)| body == "of one's own"));
        for query in ["from=x", "from=t1_2_3_4", "limit=x"] {
            let verdict = bob.get(&format!("/notifications?{query}")).await.verdict();
            assert_eq!(verdict, "400 M_INVALID_PARAM", "{query}");
        }
    }
}

#[tokio::test]
async fn nothing_is_listed_of_before_somebody_came_or_of_whom_they_ignore() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob, eve) =
            (app.user("alice").await, app.user("bob").await, app.user("eve").await);
        let chat = Chat::new(&app, &[&alice, &eve]).await;
        chat.say(&alice, "before").await;
        bob.join(&chat.id).await;
        chat.say(&alice, "after").await;
        let path = format!("/user/{}/account_data/m.ignored_user_list", encode(bob.id.as_str()));
        let list: Value = json!({ "ignored_users": { eve.id.as_str(): {} } });
        assert_eq!(bob.put(&path, list).await.verdict(), "200");
        chat.say(&eve, "ignored").await;
        assert_eq!(texts(&pages(&bob, "").await), ["after"]);
    }
}
