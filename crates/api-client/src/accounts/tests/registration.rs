//! Making accounts.
use config::{RegistrationMode, Secret};
use http::Method;
use serde_json::{Value, json};

use crate::testing::{TestApp, encode};

const PASSWORD: &str = "correct horse battery staple";

async fn open() -> Vec<TestApp> {
    TestApp::on_each_engine_with(|config| config.registration.mode = RegistrationMode::Open).await
}

async fn register(app: &TestApp, body: Value) -> (String, Value) {
    let reply = app.request(Method::POST, "/register", None, &body).await;
    (reply.verdict(), reply.json())
}

#[tokio::test]
async fn an_account_is_made_in_one_step_or_two() {
    for app in open().await {
        let (verdict, asked) = register(&app, Value::Null).await;
        assert_eq!(verdict, "401");
        assert_eq!(asked["flows"], json!([{ "stages": ["m.login.dummy"] }]));
        assert_eq!(asked["completed"], json!([]));
        let auth = json!({ "type": "m.login.dummy", "session": asked["session"] });
        let body = json!({
            "username": "alice", "password": PASSWORD, "auth": auth, "device_id": "D",
            "initial_device_display_name": "phone", "refresh_token": true,
        });
        let (verdict, made) = register(&app, body.clone()).await;
        assert_eq!(verdict, "200", "{made}");
        assert_eq!(
            (&made["user_id"], &made["device_id"]),
            (&json!("@alice:example.org"), &json!("D"))
        );
        assert!(made["refresh_token"].is_string() && made["expires_in_ms"].is_number());
        let token = made["access_token"].as_str();
        let device = app.request(Method::GET, "/devices/D", token, &Value::Null).await.json();
        assert_eq!(device["display_name"], "phone");
        assert_eq!(register(&app, body).await.0, "400 M_USER_IN_USE");

        let auth = json!({ "type": "m.login.dummy" });
        let body =
            json!({ "username": "bob", "password": PASSWORD, "auth": auth, "inhibit_login": true });
        let (verdict, made) = register(&app, body).await;
        assert_eq!((verdict.as_str(), made), ("200", json!({ "user_id": "@bob:example.org" })));
    }
}

#[tokio::test]
async fn what_cannot_be_registered_has_its_code() {
    for app in open().await {
        app.user("taken").await;
        for (name, verdict) in [
            ("taken", "400 M_USER_IN_USE"),
            ("a b", "400 M_INVALID_USERNAME"),
            ("é", "400 M_INVALID_USERNAME"),
            ("123", "400 M_INVALID_USERNAME"),
            ("_bridge", "400 M_INVALID_USERNAME"),
            ("", "400 M_INVALID_USERNAME"),
            ("postmaster", "400 M_EXCLUSIVE"),
        ] {
            let body = json!({ "username": name, "password": PASSWORD });
            assert_eq!(register(&app, body).await.0, verdict, "{name}");
            let path = format!("/register/available?username={}", encode(name));
            assert_eq!(app.get(&path).await.verdict(), verdict, "{name}");
        }
        let free = app.get("/register/available?username=free").await;
        assert_eq!(free.json(), json!({ "available": true }));
        assert_eq!(app.get("/register/available").await.verdict(), "400 M_MISSING_PARAM");
        let dummy = json!({ "type": "m.login.dummy" });
        for (body, verdict) in [
            (json!({ "username": "x", "auth": dummy }), "400 M_MISSING_PARAM"),
            (json!({ "username": "x", "password": "short", "auth": dummy }), "400 M_WEAK_PASSWORD"),
            (json!({ "username": 1 }), "400 M_BAD_JSON"),
            (json!({ "username": "x", "auth": "m.login.dummy" }), "400 M_BAD_JSON"),
            (
                json!({ "username": "x", "password": PASSWORD, "auth": { "type": "m.login.foo" } }),
                "401 M_UNRECOGNIZED",
            ),
            (
                json!({ "username": "x", "password": PASSWORD, "auth": { "session": "x" } }),
                "401 M_UNKNOWN",
            ),
        ] {
            assert_eq!(register(&app, body.clone()).await.0, verdict, "{body}");
        }
        let guest = app.request(Method::POST, "/register?kind=guest", None, &json!({})).await;
        assert_eq!(guest.verdict(), "403 M_GUEST_ACCESS_FORBIDDEN");
        let other = app.request(Method::POST, "/register?kind=robot", None, &json!({})).await;
        assert_eq!(other.verdict(), "400 M_INVALID_PARAM");
        assert_eq!(app.get("/register/available?username=x").await.verdict(), "200");
    }
}

#[tokio::test]
async fn a_closed_server_says_so() {
    for app in TestApp::on_each_engine().await {
        let body = json!({
            "username": "x", "password": PASSWORD, "auth": { "type": "m.login.dummy" },
        });
        assert_eq!(register(&app, body).await.0, "403 M_FORBIDDEN");
        let available = app.get("/register/available?username=x").await;
        assert_eq!(available.verdict(), "403 M_FORBIDDEN");
        let path = "/_matrix/client/v1/register/m.login.registration_token/validity?token=x";
        assert_eq!(app.get(path).await.verdict(), "403 M_FORBIDDEN");
    }
}

#[tokio::test]
async fn a_token_opens_the_door() {
    let apps = TestApp::on_each_engine_with(|config| {
        config.registration.mode = RegistrationMode::Token;
        config.registration.tokens = vec![Secret::new("sesame")];
    });
    for app in apps.await {
        let path = "/_matrix/client/v1/register/m.login.registration_token/validity?token=";
        for (token, valid) in [("sesame", true), ("barley", false), ("", false)] {
            let reply = app.get(&format!("{path}{token}")).await;
            assert_eq!(reply.json(), json!({ "valid": valid }), "{token}");
        }
        let body = |auth: Value| json!({ "username": "alice", "password": PASSWORD, "auth": auth });
        let (verdict, asked) = register(&app, body(Value::Null)).await;
        assert_eq!(verdict, "401");
        assert_eq!(asked["flows"], json!([{ "stages": ["m.login.registration_token"] }]));
        let auth = |token: &str| json!({ "type": "m.login.registration_token", "token": token, "session": asked["session"] });
        assert_eq!(register(&app, body(auth("barley"))).await.0, "401 M_UNAUTHORIZED");
        let dummy = json!({ "type": "m.login.dummy", "session": asked["session"] });
        assert_eq!(register(&app, body(dummy)).await.0, "401 M_UNRECOGNIZED");
        assert_eq!(register(&app, body(auth("sesame"))).await.0, "200");
    }
}
