//! Setting, listing and losing pushers.
use http::Method;
use serde_json::{Value, json};

use crate::testing::{TestApp, TestUser};

/// What a client sets.
pub(super) fn pusher(pushkey: &str, url: &str) -> Value {
    json!({
        "pushkey": pushkey, "kind": "http", "app_id": "org.example.app",
        "app_display_name": "App", "device_display_name": "Phone", "lang": "en",
        "data": { "url": url, "format": "event_id_only", "own": 5 },
    })
}

pub(super) async fn set(user: &TestUser, body: Value) -> String {
    user.post("/pushers/set", body).await.verdict()
}

pub(super) async fn list(user: &TestUser) -> Vec<Value> {
    let reply = user.get("/pushers").await;
    assert_eq!(reply.verdict(), "200");
    reply.json()["pushers"].as_array().unwrap().clone()
}

const URL: &str = "https://push.example.org/_matrix/push/v1/notify";

#[tokio::test]
async fn a_pusher_is_set_and_shown_and_removed() {
    for app in TestApp::on_each_engine().await {
        let ada = app.user("ada").await;
        assert!(list(&ada).await.is_empty());
        let mut body = pusher("key", URL);
        body["profile_tag"] = json!("tag");
        assert_eq!(set(&ada, body.clone()).await, "200");
        let mut shown = body.clone();
        shown["org.matrix.msc3881.enabled"] = json!(true);
        shown["org.matrix.msc3881.device_id"] = json!(ada.device_id);
        assert_eq!(list(&ada).await, [shown.clone()]);
        // The same again, with another name and switched off.
        body["device_display_name"] = json!("Tablet");
        body["org.matrix.msc3881.enabled"] = json!(false);
        assert_eq!(set(&ada, body.clone()).await, "200");
        let all = list(&ada).await;
        assert_eq!(all.len(), 1);
        assert_eq!(all[0]["device_display_name"], "Tablet");
        assert_eq!(all[0]["org.matrix.msc3881.enabled"], false);
        assert_eq!(set(&ada, pusher("other", URL)).await, "200");
        assert_eq!(list(&ada).await.len(), 2);
        let none = json!({ "app_id": "org.example.app", "pushkey": "key", "kind": null });
        for _ in 0..2 {
            assert_eq!(set(&ada, none.clone()).await, "200");
            assert_eq!(list(&ada).await.len(), 1);
        }
    }
}

#[tokio::test]
async fn what_is_no_pusher_is_refused() {
    for app in TestApp::on_each_engine().await {
        let ada = app.user("ada").await;
        let with = |field: &str, value: Value| {
            let mut body = pusher("key", URL);
            if value == "absent" {
                body.as_object_mut().unwrap().remove(field);
            } else {
                body[field] = value;
            }
            body
        };
        for field in
            ["kind", "app_id", "pushkey", "app_display_name", "device_display_name", "lang", "data"]
        {
            let verdict = set(&ada, with(field, json!("absent"))).await;
            assert_eq!(verdict, "400 M_MISSING_PARAM", "{field}");
        }
        let email = json!({
            "kind": "email", "app_id": "m.email", "pushkey": "ada@example.org", "data": {},
            "app_display_name": "Mail", "device_display_name": "ada@example.org", "lang": "en",
        });
        for (body, verdict) in [
            (with("kind", json!("pigeon")), "400 M_INVALID_PARAM"),
            (with("kind", json!(5)), "400 M_BAD_JSON"),
            (with("data", json!([])), "400 M_BAD_JSON"),
            (with("data", json!({})), "400 M_MISSING_PARAM"),
            (with("data", json!({ "url": 5 })), "400 M_INVALID_PARAM"),
            (with("data", json!({ "url": "https://a.example/notify" })), "400 M_INVALID_PARAM"),
            (with("data", json!({ "url": "file:///etc/passwd" })), "400 M_INVALID_PARAM"),
            (with("pushkey", json!("x".repeat(513))), "400 M_INVALID_PARAM"),
            (with("app_id", json!("x".repeat(65))), "400 M_INVALID_PARAM"),
            (email, "400 M_INVALID_PARAM"),
        ] {
            assert_eq!(set(&ada, body.clone()).await, verdict, "{body}");
        }
        assert!(list(&ada).await.is_empty());
        for number in 0..101 {
            let verdict = set(&ada, pusher(&number.to_string(), URL)).await;
            assert_eq!(verdict, if number < 100 { "200" } else { "400 M_UNKNOWN" });
        }
    }
}

#[tokio::test]
async fn a_device_that_changes_hands_takes_its_pusher_from_the_one_before() {
    for app in TestApp::on_each_engine().await {
        let (ada, bob) = (app.user("ada").await, app.user("bob").await);
        assert_eq!(set(&ada, pusher("key", URL)).await, "200");
        let mut both = pusher("key", URL);
        both["append"] = json!(true);
        assert_eq!(set(&bob, both).await, "200");
        assert_eq!((list(&ada).await.len(), list(&bob).await.len()), (1, 1));
        assert_eq!(set(&bob, pusher("key", URL)).await, "200");
        assert_eq!((list(&ada).await.len(), list(&bob).await.len()), (0, 1));
    }
}

#[tokio::test]
async fn a_pusher_goes_with_the_session_that_has_set_it() {
    for app in TestApp::on_each_engine().await {
        let ada = app.user("ada").await;
        let login = async |device: &str| {
            let body = json!({
                "type": "m.login.password", "device_id": device, "password": ada.password,
                "identifier": { "type": "m.id.user", "user": "ada" },
            });
            let reply = app.request(Method::POST, "/login", None, &body).await.json();
            reply["access_token"].as_str().unwrap().to_owned()
        };
        let set = async |token: &str, key: &str| {
            let body = pusher(key, URL);
            let reply = app.request(Method::POST, "/pushers/set", Some(token), &body).await;
            assert_eq!(reply.verdict(), "200");
        };
        let keys = async || {
            let all = list(&ada).await;
            let mut keys: Vec<_> =
                all.iter().map(|one| one["pushkey"].as_str().unwrap().to_owned()).collect();
            keys.sort();
            keys
        };
        let phone = login("PHONE").await;
        set(&phone, "phone").await;
        set(&ada.token, "own").await;
        // Switched off by another device, it still belongs to the phone.
        let mut off = pusher("phone", URL);
        off["org.matrix.msc3881.enabled"] = json!(false);
        assert_eq!(super::pushers::set(&ada, off).await, "200");
        assert_eq!(keys().await, ["own", "phone"]);
        let out = app.request(Method::POST, "/logout", Some(&phone), &json!({})).await;
        assert_eq!(out.verdict(), "200");
        assert_eq!(keys().await, ["own"]);
        // Who changes the password keeps their own alone, even if the others stay logged in.
        let tablet = login("TABLET").await;
        set(&tablet, "tablet").await;
        assert_eq!(keys().await, ["own", "tablet"]);
        let identifier = json!({ "type": "m.id.user", "user": "ada" });
        let auth = json!({
            "type": "m.login.password", "identifier": identifier, "password": ada.password,
        });
        let body = json!({
            "new_password": "another long password", "logout_devices": false, "auth": auth,
        });
        assert_eq!(ada.post("/account/password", body).await.verdict(), "200");
        assert_eq!(keys().await, ["own"]);
    }
}
