use clock::Clock as _;
use serde_json::json;

use crate::testing::TestApp;

const TRANSPORTS: &str = "/_matrix/client/unstable/org.matrix.msc4143/rtc/transports";

#[tokio::test]
async fn credentials_for_relays_are_made_for_a_user_and_a_time() {
    let with_secret = TestApp::on_each_engine_with(|config| {
        config.turn.uris = vec!["turn:turn.example.org".to_owned()];
        config.turn.shared_secret = Some(config::Secret::new("north"));
        config.turn.user_lifetime = config::Lifetime::seconds(3_600);
    });
    for app in with_secret.await {
        let alice = app.user("alice").await;
        let reply = alice.get("/voip/turnServer").await.json();
        let until = app.clock.now_ms() / 1_000 + 3_600;
        assert_eq!(reply["username"], format!("{until}:@alice:example.org"));
        assert_eq!(reply["uris"], json!(["turn:turn.example.org"]));
        assert_eq!(reply["ttl"], 3_600);
        assert_eq!(reply["password"].as_str().unwrap().len(), 28, "20 bytes in base64");
    }
    let with_login = TestApp::on_each_engine_with(|config| {
        config.turn.uris = vec!["turn:turn.example.org".to_owned()];
        config.turn.username = Some("everybody".to_owned());
        config.turn.password = Some(config::Secret::new("known"));
    });
    for app in with_login.await {
        let reply = app.user("alice").await.get("/voip/turnServer").await.json();
        assert_eq!(
            (&reply["username"], &reply["password"]),
            (&json!("everybody"), &json!("known"))
        );
    }
    for app in TestApp::on_each_engine().await {
        assert_eq!(app.user("alice").await.get("/voip/turnServer").await.json(), json!({}));
    }
}

#[tokio::test]
async fn media_servers_are_those_of_the_configuration() {
    let url = "https://rtc.example.org/livekit/jwt";
    let with_one = TestApp::on_each_engine_with(|config| {
        config.rtc.livekit_service_urls = vec![url.to_owned()];
    });
    let transports = json!([{ "type": "livekit", "livekit_service_url": url }]);
    for app in with_one.await {
        let alice = app.user("alice").await;
        assert_eq!(alice.get(TRANSPORTS).await.json(), json!({ "rtc_transports": transports }));
        let known = app.get("/.well-known/matrix/client").await.json();
        assert_eq!(known["org.matrix.msc4143.rtc_foci"], transports);
    }
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        assert_eq!(alice.get(TRANSPORTS).await.json(), json!({ "rtc_transports": [] }));
    }
}
