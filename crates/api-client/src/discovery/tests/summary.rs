use serde_json::json;

use crate::testing::{TestApp, encode};

const PATHS: [&str; 3] = [
    "/_matrix/client/v1/room_summary/{}",
    "/_matrix/client/unstable/im.nheko.summary/summary/{}",
    "/_matrix/client/unstable/im.nheko.summary/rooms/{}/summary",
];

#[tokio::test]
async fn a_room_describes_itself_to_who_may_enter() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let encryption = json!({ "algorithm": "m.megolm.v1.aes-sha2" });
        let options = json!({
            "preset": "public_chat", "name": "Garden", "room_alias_name": "garden",
            "initial_state": [{ "type": "m.room.encryption", "content": encryption }],
        });
        let room = alice.create_room(options).await;
        for path in PATHS {
            for name in [room.as_str(), "#garden:example.org"] {
                let path = path.replace("{}", &encode(name));
                let by_nobody = app.get(&path).await;
                assert_eq!(by_nobody.verdict(), "200", "{path}");
                let by_nobody = by_nobody.json();
                assert_eq!(by_nobody["room_id"], room.as_str());
                assert_eq!(by_nobody["name"], "Garden");
                assert_eq!(by_nobody["room_version"], "12");
                assert_eq!(by_nobody["encryption"], "m.megolm.v1.aes-sha2");
                assert_eq!(by_nobody["im.nheko.summary.encryption"], "m.megolm.v1.aes-sha2");
                assert_eq!(by_nobody["im.nheko.summary.room_version"], "12");
                assert!(by_nobody.get("membership").is_none(), "{by_nobody}");
                assert_eq!(alice.get(&path).await.json()["membership"], "join");
                assert_eq!(bob.get(&path).await.json()["membership"], "leave");
            }
        }
    }
}

#[tokio::test]
async fn a_closed_room_is_not_told_from_none() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let room = alice.create_room(json!({ "name": "Den" })).await;
        let path = PATHS[0].replace("{}", &encode(&room));
        assert_eq!(alice.get(&path).await.verdict(), "200");
        for nowhere in ["!nowhere:example.org", "#nowhere:example.org"] {
            let nowhere = PATHS[0].replace("{}", &encode(nowhere));
            assert_eq!(bob.get(&nowhere).await.verdict(), "404 M_NOT_FOUND");
        }
        assert_eq!(bob.get(&path).await.verdict(), "404 M_NOT_FOUND");
        assert_eq!(app.get(&path).await.verdict(), "404 M_NOT_FOUND");
        alice.post(&format!("/rooms/{}/invite", encode(&room)), json!({ "user_id": bob.id })).await;
        let invited = bob.get(&path).await.json();
        assert_eq!((&invited["membership"], &invited["name"]), (&json!("invite"), &json!("Den")));
        assert_eq!(app.get(&path).await.verdict(), "404 M_NOT_FOUND");
        let wrong = app.request(http::Method::GET, &path, Some("wrong"), &json!(null)).await;
        assert_eq!(wrong.verdict(), "401 M_UNKNOWN_TOKEN");
        let no_name = PATHS[0].replace("{}", "garden");
        assert_eq!(app.get(&no_name).await.verdict(), "400 M_INVALID_PARAM");
    }
}
