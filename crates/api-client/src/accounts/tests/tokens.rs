use http::Method;
use serde_json::{Value, json};

use crate::testing::{TestApp, TestUser, encode};

const USERINFO: &str = "/_matrix/federation/v1/openid/userinfo";
const GET_TOKEN: &str = "/_matrix/client/v1/login/get_token";

async fn login_token(user: &TestUser) -> String {
    let asked = user.post(GET_TOKEN, json!({})).await;
    assert_eq!(asked.status, 401);
    let auth = json!({
        "type": "m.login.password", "password": user.password, "session": asked.json()["session"],
        "identifier": { "type": "m.id.user", "user": user.id },
    });
    let reply = user.post(GET_TOKEN, json!({ "auth": auth })).await;
    assert_eq!(reply.verdict(), "200", "{}", reply.json());
    assert_eq!(reply.json()["expires_in_ms"], 120_000);
    reply.json()["login_token"].as_str().unwrap().to_owned()
}

async fn log_in(app: &TestApp, token: &str) -> endpoint::testing::Reply {
    let body = json!({ "type": "m.login.token", "token": token });
    app.request(Method::POST, "/login", None, &body).await
}

#[tokio::test]
async fn another_service_learns_who_has_given_it_a_token() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let path = format!("/user/{}/openid/request_token", encode(alice.id.as_str()));
        let token = alice.post(&path, json!({})).await.json();
        assert_eq!(token["token_type"], "Bearer");
        assert_eq!(token["matrix_server_name"], "example.org");
        assert_eq!(token["expires_in"], 3_600);
        assert_eq!(bob.post(&path, json!({})).await.verdict(), "403 M_FORBIDDEN");
        let userinfo =
            format!("{USERINFO}?access_token={}", token["access_token"].as_str().unwrap());
        assert_eq!(app.get(&userinfo).await.json(), json!({ "sub": alice.id }));
        for (query, verdict) in [
            ("", "401 M_MISSING_TOKEN"),
            ("?access_token=", "401 M_UNKNOWN_TOKEN"),
            ("?access_token=wrong", "401 M_UNKNOWN_TOKEN"),
            (&*format!("?access_token={}", alice.token), "401 M_UNKNOWN_TOKEN"),
        ] {
            assert_eq!(app.get(&format!("{USERINFO}{query}")).await.verdict(), verdict);
        }
        let stolen = token["access_token"].as_str();
        let whoami = app.request(Method::GET, "/account/whoami", stolen, &Value::Null).await;
        assert_eq!(whoami.verdict(), "401 M_UNKNOWN_TOKEN", "it is good for nothing else");
        app.clock.advance_ms(3_600_000);
        assert_eq!(app.get(&userinfo).await.verdict(), "401 M_UNKNOWN_TOKEN");
    }
}

#[tokio::test]
async fn a_client_lets_in_another_one_once() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let flows = app.get("/login").await.json()["flows"].clone();
        assert!(
            flows
                .as_array()
                .unwrap()
                .contains(&json!({ "type": "m.login.token", "get_login_token": true }))
        );
        let capabilities = alice.get("/capabilities").await.json();
        assert_eq!(capabilities["capabilities"]["m.get_login_token"], json!({ "enabled": true }));

        let token = login_token(&alice).await;
        let reply = log_in(&app, &token).await;
        assert_eq!(reply.verdict(), "200", "{}", reply.json());
        assert_eq!(reply.json()["user_id"], alice.id.as_str());
        assert_ne!(reply.json()["device_id"], alice.device_id.as_str());
        assert_eq!(log_in(&app, &token).await.verdict(), "403 M_FORBIDDEN", "once");

        let token = login_token(&alice).await;
        app.clock.advance_ms(120_000);
        assert_eq!(log_in(&app, &token).await.verdict(), "403 M_FORBIDDEN", "too late");
        let token = login_token(&alice).await;
        assert_eq!(alice.post("/logout/all", json!({})).await.verdict(), "200");
        assert_eq!(log_in(&app, &token).await.verdict(), "403 M_FORBIDDEN", "all logins ended");
        for token in ["", "wrong", alice.token.as_str(), "\u{0}"] {
            assert_eq!(log_in(&app, token).await.verdict(), "403 M_FORBIDDEN");
        }
        let missing =
            app.request(Method::POST, "/login", None, &json!({ "type": "m.login.token" })).await;
        assert_eq!(missing.verdict(), "400 M_MISSING_PARAM");
    }
}

#[tokio::test]
async fn an_administrator_can_do_without_login_tokens() {
    let without = TestApp::on_each_engine_with(|config| config.accounts.login_tokens = false);
    for app in without.await {
        let alice = app.user("alice").await;
        assert_eq!(alice.post(GET_TOKEN, json!({})).await.verdict(), "404 M_UNRECOGNIZED");
        assert_eq!(log_in(&app, "x").await.verdict(), "400 M_UNKNOWN");
        let flows = app.get("/login").await.json()["flows"].clone();
        let types: Vec<_> = flows.as_array().unwrap().iter().map(|flow| &flow["type"]).collect();
        assert_eq!(types, ["m.login.password", "m.login.application_service"]);
    }
}
