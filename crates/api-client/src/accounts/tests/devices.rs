//! Devices.
use http::Method;
use serde_json::{Value, json};

use super::{password_auth, with_auth};
use crate::testing::{TestApp, TestUser};

async fn login(app: &TestApp, user: &TestUser, device: &str) -> String {
    let body = json!({
        "type": "m.login.password", "user": user.id, "password": user.password,
        "device_id": device, "initial_device_display_name": "phone",
    });
    let granted = app.request(Method::POST, "/login", None, &body).await.json();
    granted["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn devices_are_listed_and_named() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let bob = app.user("bob").await;
        login(&app, &alice, "D/2").await;
        let path = "/devices/D%2F2";
        assert_eq!(
            alice.get(path).await.json(),
            json!({ "device_id": "D/2", "display_name": "phone" })
        );
        assert_eq!(alice.put(path, json!({ "display_name": "tablet" })).await.verdict(), "200");
        assert_eq!(alice.put(path, json!({})).await.verdict(), "200");
        assert_eq!(alice.get(path).await.json()["display_name"], "tablet");
        let listed = alice.get("/devices").await.json();
        let ids: Vec<_> =
            listed["devices"].as_array().unwrap().iter().map(|one| &one["device_id"]).collect();
        assert_eq!(ids, ["ALICE1", "D/2"]);
        let long = json!({ "display_name": "x".repeat(101) });
        assert_eq!(alice.put(path, long).await.verdict(), "400 M_INVALID_PARAM");
        assert_eq!(alice.put(path, json!({ "display_name": 1 })).await.verdict(), "400 M_BAD_JSON");
        for (other, verdict) in
            [("/devices/unknown", "404 M_NOT_FOUND"), ("/devices/%00", "400 M_INVALID_PARAM")]
        {
            assert_eq!(alice.get(other).await.verdict(), verdict);
            assert_eq!(alice.put(other, json!({})).await.verdict(), verdict);
        }
        assert_eq!(bob.get(path).await.verdict(), "404 M_NOT_FOUND");
        assert_eq!(alice.get("/devices/%FF").await.verdict(), "400 M_INVALID_PARAM");
    }
}

#[tokio::test]
async fn devices_are_removed_by_whoever_knows_the_password() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let mallory = app.user("mallory").await;
        let (second, third) = (login(&app, &alice, "B").await, login(&app, &alice, "C").await);
        let is_live = |token: String| {
            let app = &app;
            async move {
                app.request(Method::GET, "/devices", Some(&token), &Value::Null).await.status == 200
            }
        };

        let asked = alice.delete("/devices/B").await;
        assert_eq!(asked.verdict(), "401");
        assert_eq!(asked.json()["flows"], json!([{ "stages": ["m.login.password"] }]));
        assert!(is_live(second.clone()).await);
        let mut wrong = password_auth(&alice, &asked);
        wrong["password"] = "wrong".into();
        let refused = alice.request(Method::DELETE, "/devices/B", &json!({ "auth": wrong })).await;
        assert_eq!(refused.verdict(), "401 M_FORBIDDEN");
        assert_eq!(refused.json()["session"], asked.json()["session"]);
        let elsewhere = with_auth(json!({}), password_auth(&alice, &asked));
        let refused = alice.request(Method::DELETE, "/devices/C", &elsewhere).await;
        assert_eq!(refused.verdict(), "403 M_FORBIDDEN", "begun for another device");
        let refused = mallory.request(Method::DELETE, "/devices/B", &elsewhere).await;
        assert_eq!(refused.verdict(), "403 M_FORBIDDEN", "begun by another user");
        let done = alice.request(Method::DELETE, "/devices/B", &elsewhere).await;
        assert_eq!(done.verdict(), "200");
        assert!(!is_live(second).await && is_live(third.clone()).await);

        let body = json!({ "devices": ["C", "unknown"] });
        let asked = alice.post("/delete_devices", body.clone()).await;
        assert_eq!(asked.verdict(), "401");
        let done =
            alice.post("/delete_devices", with_auth(body, password_auth(&alice, &asked))).await;
        assert_eq!(done.verdict(), "200");
        assert!(!is_live(third).await);
        assert_eq!(alice.post("/delete_devices", json!({})).await.verdict(), "400 M_BAD_JSON");
        assert_eq!(
            alice.post("/delete_devices", json!({ "devices": [1] })).await.verdict(),
            "400 M_BAD_JSON"
        );
        let listed = alice.get("/devices").await.json();
        assert_eq!(listed["devices"].as_array().unwrap().len(), 1);
    }
}
