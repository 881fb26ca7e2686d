//! Logging in and out, refreshing, whoami.
use http::Method;
use serde_json::{Value, json};

use crate::testing::TestApp;

#[tokio::test]
async fn clients_log_in_in_the_ways_of_all_versions() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let flows = app.get("/login").await;
        let by_token = json!({ "type": "m.login.token", "get_login_token": true });
        let known = json!({ "flows": [
            { "type": "m.login.password" }, by_token, { "type": "m.login.application_service" },
        ] });
        assert_eq!(flows.json(), known);
        let password = alice.password;
        for body in [
            json!({ "identifier": { "type": "m.id.user", "user": "alice" } }),
            json!({ "identifier": { "type": "m.id.user", "user": alice.id } }),
            json!({ "user": "alice" }),
            json!({ "user": alice.id, "device_id": "D", "initial_device_display_name": "phone" }),
        ] {
            let mut body = body;
            body["type"] = "m.login.password".into();
            body["password"] = password.into();
            for path in ["/login", "/_matrix/client/r0/login"] {
                let reply = app.request(Method::POST, path, None, &body).await;
                let granted = reply.json();
                assert_eq!(reply.verdict(), "200", "{granted}");
                assert_eq!(granted["user_id"], alice.id.as_str());
                assert!(
                    granted.get("refresh_token").is_none()
                        && granted.get("expires_in_ms").is_none()
                );
                let token = granted["access_token"].as_str();
                let me = app.request(Method::GET, "/account/whoami", token, &Value::Null).await;
                let expected = json!({
                    "user_id": alice.id, "device_id": granted["device_id"], "is_guest": false,
                });
                assert_eq!(me.json(), expected);
            }
        }
    }
}

#[tokio::test]
async fn a_login_that_fails_says_what_the_specification_wants() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let login = "m.login.password";
        let by_mail = json!({ "type": "m.id.thirdparty", "medium": "email", "address": "a@b.c" });
        let odd_device =
            json!({ "type": login, "user": "alice", "password": alice.password, "device_id": "" });
        for (body, verdict) in [
            (json!({ "type": login, "user": "alice", "password": "wrong" }), "403 M_FORBIDDEN"),
            (json!({ "type": login, "user": "nobody", "password": "wrong" }), "403 M_FORBIDDEN"),
            (
                json!({ "type": login, "user": "@alice:elsewhere.org", "password": alice.password }),
                "403 M_FORBIDDEN",
            ),
            (json!({ "type": login, "user": "alice", "password": "" }), "403 M_FORBIDDEN"),
            (json!({ "type": login, "user": "alice" }), "400 M_MISSING_PARAM"),
            (json!({ "type": login, "password": "x" }), "400 M_INVALID_PARAM"),
            (json!({ "type": login, "identifier": by_mail, "password": "x" }), "403 M_FORBIDDEN"),
            (json!({ "type": "m.login.token", "token": "x" }), "403 M_FORBIDDEN"),
            (json!({ "type": "m.login.sso", "token": "x" }), "400 M_UNKNOWN"),
            (odd_device, "400 M_INVALID_PARAM"),
            (json!({ "user": "alice", "password": "x" }), "400 M_BAD_JSON"),
            (json!({ "type": login, "user": 1, "password": "x" }), "400 M_BAD_JSON"),
            (json!([]), "400 M_BAD_JSON"),
        ] {
            let reply = app.request(Method::POST, "/login", None, &body).await;
            assert_eq!(reply.verdict(), verdict, "{body}");
        }
        let reply = app.request_raw(Method::POST, "/login", None, "{".into()).await;
        assert_eq!(reply.verdict(), "400 M_NOT_JSON");
    }
}

#[tokio::test]
async fn tokens_are_refreshed_and_end_with_the_session() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let body = json!({
            "type": "m.login.password", "user": "alice", "password": alice.password,
            "refresh_token": true,
        });
        let first = app.request(Method::POST, "/login", None, &body).await.json();
        assert_eq!(first["expires_in_ms"], 300_000);
        let app = &app;
        let refresh = |token: Value| async move {
            let body = json!({ "refresh_token": token });
            app.request(Method::POST, "/refresh", None, &body).await
        };
        app.clock.advance_ms(300_000);
        let whoami = |token: Value| async move {
            app.request(Method::GET, "/account/whoami", token.as_str(), &Value::Null).await
        };
        let expired = whoami(first["access_token"].clone()).await;
        assert_eq!(expired.verdict(), "401 M_UNKNOWN_TOKEN");
        assert_eq!(expired.json()["soft_logout"], true);
        let second = refresh(first["refresh_token"].clone()).await.json();
        assert_eq!(whoami(second["access_token"].clone()).await.verdict(), "200");
        for wrong in [json!(""), json!("x"), second["access_token"].clone()] {
            assert_eq!(refresh(wrong).await.verdict(), "401 M_UNKNOWN_TOKEN");
        }
        assert_eq!(refresh(Value::Null).await.verdict(), "400 M_BAD_JSON");
        let replayed = refresh(first["refresh_token"].clone()).await;
        assert_eq!(replayed.verdict(), "401 M_UNKNOWN_TOKEN");
        assert_eq!(whoami(second["access_token"].clone()).await.verdict(), "401 M_UNKNOWN_TOKEN");
        assert_eq!(alice.get("/account/whoami").await.verdict(), "200", "another session");
    }
}

#[tokio::test]
async fn logging_out_ends_one_session_or_all() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let login = || async {
            let body = json!({
                "type": "m.login.password", "user": "alice", "password": alice.password,
            });
            let reply = app.request(Method::POST, "/login", None, &body).await.json();
            reply["access_token"].as_str().unwrap().to_owned()
        };
        let (second, third) = (login().await, login().await);
        let call = |method: Method, path: &'static str, token: String| {
            let app = &app;
            async move { app.request(method, path, Some(&token), &Value::Null).await.verdict() }
        };
        assert_eq!(call(Method::POST, "/logout", second.clone()).await, "200");
        assert_eq!(call(Method::GET, "/devices", second.clone()).await, "401 M_UNKNOWN_TOKEN");
        assert_eq!(call(Method::POST, "/logout", second).await, "401 M_UNKNOWN_TOKEN");
        let devices = alice.get("/devices").await.json();
        assert_eq!(devices["devices"].as_array().unwrap().len(), 2);
        assert_eq!(call(Method::POST, "/logout/all", third.clone()).await, "200");
        assert_eq!(call(Method::GET, "/devices", third).await, "401 M_UNKNOWN_TOKEN");
        assert_eq!(alice.get("/devices").await.verdict(), "401 M_UNKNOWN_TOKEN");
    }
}

#[tokio::test]
async fn a_request_that_waits_gets_nothing_once_its_session_has_ended() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let since = alice.get("/sync").await.json()["next_batch"].clone();
        let path = format!("/sync?timeout=300&since={}", since.as_str().unwrap());
        let (waiting, done) =
            tokio::join!(alice.get(&path), alice.request(Method::POST, "/logout", &Value::Null));
        assert_eq!(done.verdict(), "200");
        assert_eq!(waiting.verdict(), "401 M_UNKNOWN_TOKEN");
    }
}

#[tokio::test]
async fn users_learn_from_where_they_were_seen_and_administrators_of_everybody() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        alice.get("/account/whoami").await;
        let seen = alice.get(&format!("/admin/whois/{}", alice.id)).await.json();
        assert_eq!(seen["user_id"], alice.id.as_str());
        let (device, sessions) = seen["devices"].as_object().unwrap().iter().next().unwrap();
        assert_eq!(device, alice.device_id.as_str());
        let connection = &sessions["sessions"][0]["connections"][0];
        assert!(connection["last_seen"].as_i64().unwrap() > 0, "{seen}");
        assert!(connection["ip"].as_str().unwrap().parse::<std::net::IpAddr>().is_ok(), "{seen}");
        let path = format!("/admin/whois/{}", alice.id);
        assert_eq!(bob.get(&path).await.verdict(), "403 M_FORBIDDEN");
        assert_eq!(bob.get("/admin/whois/@nobody:example.org").await.verdict(), "403 M_FORBIDDEN");
        app.app.accounts.set_admin(&bob.id, true).await.unwrap();
        assert_eq!(bob.get(&path).await.json()["devices"], seen["devices"]);
        assert_eq!(bob.get("/admin/whois/@nobody:example.org").await.verdict(), "404 M_NOT_FOUND");
    }
}
