use serde_json::json;

use crate::testing::{TestApp, encode};

#[tokio::test]
async fn without_bridges_there_are_no_networks() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        assert_eq!(alice.get("/thirdparty/protocols").await.json(), json!({}));
        let alias = format!("/thirdparty/location?alias={}", encode("#irc:example.org"));
        let user = format!("/thirdparty/user?userid={}", encode("@irc:example.org"));
        for path in [
            "/thirdparty/protocol/irc",
            "/thirdparty/location/irc?channel=%23a",
            "/thirdparty/user/irc?nickname=a",
            &alias,
            &user,
        ] {
            assert_eq!(alice.get(path).await.verdict(), "404 M_NOT_FOUND", "{path}");
        }
        for (path, verdict) in [
            ("/thirdparty/location", "400 M_MISSING_PARAM"),
            ("/thirdparty/location?alias=x", "400 M_INVALID_PARAM"),
            ("/thirdparty/user?userid=x", "400 M_INVALID_PARAM"),
        ] {
            assert_eq!(alice.get(path).await.verdict(), verdict, "{path}");
        }
    }
}
