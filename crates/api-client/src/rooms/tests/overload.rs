//! A flood is answered at once, and is over when it is over.
use std::time::Instant;

use futures_util::future::join_all;
use serde_json::json;

use crate::testing::{TestApp, encode};

#[tokio::test]
async fn a_flood_is_shed_and_what_is_taken_is_done() {
    let apps = TestApp::on_each_engine_with(|config| config.overload.requests_max = 20);
    for app in apps.await {
        let alice = app.user("alice").await;
        let room = alice.create_room(json!({})).await;
        let send = async |number: usize| {
            let path = format!("/rooms/{}/send/m.room.message/{number}", encode(&room));
            alice.put(&path, json!({ "msgtype": "m.text", "body": "flood" })).await
        };
        let began = Instant::now();
        let flood = join_all((0..300).map(send));
        let (replies, versions) = tokio::join!(flood, app.get("/_matrix/client/versions"));
        assert_eq!(versions.verdict(), "200");
        let taken = replies.iter().filter(|reply| reply.verdict() == "200").count();
        let shed: Vec<_> =
            replies.iter().filter(|reply| reply.verdict() == "429 M_LIMIT_EXCEEDED").collect();
        assert!(taken >= 20 && !shed.is_empty(), "{taken} taken, {} shed", shed.len());
        assert_eq!(taken + shed.len(), 300);
        assert!(shed.iter().all(|reply| reply.headers.contains_key("retry-after")));
        // Afterwards all is as before: what was refused is taken when it comes again.
        assert_eq!(send(1_000).await.verdict(), "200");
        let path = format!("/rooms/{}/messages?dir=b&limit=1000", encode(&room));
        let page = alice.get(&path).await.json();
        let stored = page["chunk"].as_array().unwrap().iter();
        let stored = stored.filter(|event| event["type"] == "m.room.message").count();
        assert_eq!(stored, taken + 1, "what was answered is stored, and nothing else");
        assert!(began.elapsed().as_secs() < 60);
    }
}
