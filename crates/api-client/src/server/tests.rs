use serde_json::json;

use crate::testing::TestApp;

#[tokio::test]
async fn versions_promise_only_what_is_served() {
    for app in TestApp::on_each_engine_with(|config| config.retention.enabled = true).await {
        let reply = app.get("/_matrix/client/versions").await;
        let versions = reply.json()["versions"].as_array().unwrap().clone();
        assert_eq!((&versions[0], versions.last().unwrap()), (&json!("v1.1"), &json!("v1.16")));
        assert_eq!(reply.headers["vary"], "Authorization");
        for (feature, path) in super::get_versions::FEATURES {
            let served = crate::ENDPOINTS.iter().any(|endpoint| endpoint.paths.contains(path));
            assert_eq!(reply.json()["unstable_features"][feature] == true, served, "{feature}");
        }
        // An access token changes nothing, and a wrong one does no harm.
        let asked = app
            .request(http::Method::GET, "/_matrix/client/versions", Some("wrong"), &json!(null))
            .await;
        assert_eq!(asked.json(), reply.json());
    }
}

#[tokio::test]
async fn capabilities_name_the_versions_that_rooms_can_have() {
    for app in
        TestApp::on_each_engine_with(|config| config.rooms.default_version = "11".into()).await
    {
        let alice = app.user("alice").await;
        let versions = &alice.get("/capabilities").await.json()["capabilities"]["m.room_versions"];
        assert_eq!(versions["default"], "11");
        let available: Vec<_> = versions["available"].as_object().unwrap().keys().collect();
        assert_eq!(available, ["10", "11", "12", "3", "4", "5", "6", "7", "8", "9"]);
    }
}

#[tokio::test]
async fn well_known_documents_come_from_the_configuration() {
    let named = TestApp::on_each_engine_with(|config| {
        config.server.public_url = Some("https://matrix.example.org/".into());
        config.well_known.support_email = Some("admin@example.org".into());
        config.well_known.support_page = Some("https://example.org/help".into());
        config.well_known.policy_server_key = Some("A".repeat(43));
    });
    for app in named.await {
        let client = app.get("/.well-known/matrix/client").await;
        assert_eq!(
            client.json(),
            json!({ "m.homeserver": { "base_url": "https://matrix.example.org" } })
        );
        assert_eq!(client.headers["access-control-allow-origin"], "*");
        assert_eq!(client.headers["content-type"], "application/json");
        let server = app.get("/.well-known/matrix/server").await.json();
        assert_eq!(server, json!({ "m.server": "matrix.example.org:443" }));
        let support = app.get("/.well-known/matrix/support").await.json();
        assert_eq!(
            support,
            json!({
                "contacts": [{ "role": "m.role.admin", "email_address": "admin@example.org" }],
                "support_page": "https://example.org/help",
            })
        );
        let policy_server = app.get("/.well-known/matrix/policy_server").await.json();
        assert_eq!(policy_server, json!({ "public_keys": { "ed25519": "A".repeat(43) } }));
    }
}

#[tokio::test]
async fn what_is_not_configured_is_not_there() {
    for app in TestApp::on_each_engine().await {
        for name in ["server", "support", "policy_server"] {
            let reply = app.get(&format!("/.well-known/matrix/{name}")).await;
            assert_eq!(reply.verdict(), "404 M_NOT_FOUND", "{name}");
        }
        let version = app.get("/_matrix/federation/v1/version").await.json();
        assert_eq!(version["server"]["name"], "Longhouse");
    }
}
