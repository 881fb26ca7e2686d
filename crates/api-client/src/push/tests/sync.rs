//! Rules in a sync, and in the account data.
use serde_json::{Value, json};

use crate::testing::{TestApp, TestUser, encode};

async fn sync(user: &TestUser, since: Option<&str>) -> (Option<Value>, String) {
    let since = since.map_or_else(String::new, |since| format!("?since={since}"));
    let reply = user.get(&format!("/sync{since}")).await.json();
    let events = reply["account_data"]["events"].as_array().cloned().unwrap_or_default();
    let mut rules = events.into_iter().filter(|event| event["type"] == "m.push_rules");
    let found = rules.next().map(|event| event["content"].clone());
    assert_eq!(rules.next(), None);
    (found, reply["next_batch"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_sync_tells_the_rules_and_their_changes() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let data = format!("/user/{}/account_data/m.push_rules", encode(alice.id.as_str()));
        let (told, since) = sync(&alice, None).await;
        assert_eq!(told.unwrap(), alice.get("/pushrules/").await.json());
        assert_eq!(sync(&alice, Some(&since)).await.0, None);
        let rule = json!({ "actions": [] });
        let put = alice.put("/pushrules/global/sender/%40b%3Aexample.org", rule.clone()).await;
        assert_eq!(put.verdict(), "200");
        let now = alice.get("/pushrules/").await.json();
        let (told, since) = sync(&alice, Some(&since)).await;
        assert_eq!(told, Some(now.clone()));
        assert_eq!(sync(&alice, None).await.0, Some(now.clone()));
        assert_eq!(alice.get(&data).await.json(), now);
        let again = alice.put("/pushrules/global/sender/%40b%3Aexample.org", rule).await;
        assert_eq!(again.verdict(), "200");
        assert_eq!(sync(&alice, Some(&since)).await.0, None, "nothing has changed");
        let bob = app.user("bob").await;
        assert_eq!(bob.get(&data).await.verdict(), "403 M_FORBIDDEN");
        assert_eq!(sync(&bob, None).await.0, Some(bob.get("/pushrules/").await.json()));
    }
}
