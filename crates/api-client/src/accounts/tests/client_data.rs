//! Account data, tags and filters.
use serde_json::json;

use crate::testing::{TestApp, encode};

#[tokio::test]
async fn account_data_is_the_users_own() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let bob = app.user("bob").await;
        let room = encode(&alice.create_room(json!({})).await);
        let user = encode(alice.id.as_str());
        for path in [format!("/user/{user}"), format!("/user/{user}/rooms/{room}")] {
            let data = format!("{path}/account_data/org.example.x");
            assert_eq!(alice.get(&data).await.verdict(), "404 M_NOT_FOUND");
            let content = json!({ "a": [1.5, "\u{0}", { "b": null }] });
            assert_eq!(alice.put(&data, content.clone()).await.verdict(), "200");
            assert_eq!(alice.get(&data).await.json(), content);
            assert_eq!(bob.get(&data).await.verdict(), "403 M_FORBIDDEN");
            assert_eq!(bob.put(&data, content).await.verdict(), "403 M_FORBIDDEN");
            for kind in ["m.fully_read", "m.push_rules"] {
                let data = format!("{path}/account_data/{kind}");
                assert_eq!(alice.put(&data, json!({})).await.verdict(), "405 M_BAD_JSON", "{kind}");
            }
            for body in [json!([]), json!("x"), json!(1)] {
                assert_eq!(alice.put(&data, body).await.verdict(), "400 M_BAD_JSON");
            }
            assert_eq!(
                alice.put(&format!("{path}/account_data/%00"), json!({})).await.verdict(),
                "400 M_INVALID_PARAM"
            );
        }
        let unknown = format!("/user/{user}/rooms/!unknown%3Aexample.org/account_data/x");
        assert_eq!(alice.put(&unknown, json!({})).await.verdict(), "404 M_NOT_FOUND");
        let no_room = format!("/user/{user}/rooms/%40x%3Aexample.org/account_data/x");
        assert_eq!(alice.put(&no_room, json!({})).await.verdict(), "400 M_INVALID_PARAM");
    }
}

#[tokio::test]
async fn rooms_are_tagged() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let bob = app.user("bob").await;
        let room = encode(&alice.create_room(json!({})).await);
        let tags = format!("/user/{}/rooms/{room}/tags", encode(alice.id.as_str()));
        assert_eq!(alice.get(&tags).await.json(), json!({ "tags": {} }));
        let tag = format!("{tags}/u.%F0%9F%90%B1");
        assert_eq!(alice.put(&tag, json!({ "order": 0.5 })).await.verdict(), "200");
        assert_eq!(
            alice.get(&tags).await.json(),
            json!({ "tags": { "u.\u{1F431}": { "order": 0.5 } } })
        );
        assert_eq!(alice.put(&tag, json!({ "order": 2 })).await.verdict(), "400 M_BAD_JSON");
        assert_eq!(bob.get(&tags).await.verdict(), "403 M_FORBIDDEN");
        assert_eq!(bob.put(&tag, json!({})).await.verdict(), "403 M_FORBIDDEN");
        assert_eq!(bob.delete(&tag).await.verdict(), "403 M_FORBIDDEN");
        assert_eq!(alice.delete(&tag).await.verdict(), "200");
        assert_eq!(alice.get(&tags).await.json(), json!({ "tags": {} }));
    }
}

#[tokio::test]
async fn filters_are_kept() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let bob = app.user("bob").await;
        let path = format!("/user/{}/filter", encode(alice.id.as_str()));
        let filter = json!({ "room": { "timeline": { "limit": 5 }, "state": { "lazy_load_members": true } } });
        let id = alice.post(&path, filter.clone()).await.json()["filter_id"].clone();
        let id = id.as_str().unwrap();
        assert!(!id.starts_with('{'));
        assert_eq!(alice.get(&format!("{path}/{id}")).await.json(), filter);
        assert_eq!(alice.post(&path, filter.clone()).await.json()["filter_id"], id);
        for wrong in [json!({ "room": 1 }), json!({ "room": { "rooms": "x" } }), json!([])] {
            assert_eq!(alice.post(&path, wrong).await.verdict(), "400 M_BAD_JSON");
        }
        assert_eq!(alice.get(&format!("{path}/99")).await.verdict(), "404 M_NOT_FOUND");
        assert_eq!(bob.get(&format!("{path}/{id}")).await.verdict(), "403 M_FORBIDDEN");
        assert_eq!(bob.post(&path, filter).await.verdict(), "403 M_FORBIDDEN");
    }
}
