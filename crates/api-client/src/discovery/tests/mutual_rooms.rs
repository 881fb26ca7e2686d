use serde_json::json;

use crate::testing::{TestApp, encode};

const PATHS: [&str; 2] = [
    "/_matrix/client/v1/mutual_rooms?user_id=",
    "/_matrix/client/unstable/uk.half-shot.msc2666/user/mutual_rooms?user_id=",
];

#[tokio::test]
async fn two_users_share_the_rooms_that_both_are_in() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let mut rooms = Vec::new();
        for _ in 0..3 {
            rooms.push(alice.create_room(json!({ "preset": "public_chat" })).await);
        }
        for room in &rooms[..2] {
            bob.join(room).await;
        }
        bob.post(&format!("/rooms/{}/leave", encode(&rooms[0])), json!({})).await;
        for path in PATHS {
            for (user, other) in [(&alice, &bob), (&bob, &alice)] {
                let reply = user.get(&format!("{path}{}", encode(other.id.as_str()))).await;
                assert_eq!(reply.json(), json!({ "joined": [rooms[1]], "count": 1 }));
            }
            let nobody = alice.get(&format!("{path}{}", encode("@nobody:example.org"))).await;
            assert_eq!(nobody.json(), json!({ "joined": [], "count": 0 }));
            for (wrong, verdict) in [
                (encode(alice.id.as_str()), "400 M_INVALID_PARAM"),
                ("nobody".to_owned(), "400 M_INVALID_PARAM"),
                (format!("{}&from=x", encode(bob.id.as_str())), "400 M_INVALID_PARAM"),
            ] {
                assert_eq!(alice.get(&format!("{path}{wrong}")).await.verdict(), verdict);
            }
        }
        let missing = alice.get("/_matrix/client/v1/mutual_rooms").await;
        assert_eq!(missing.verdict(), "400 M_MISSING_PARAM");
    }
}
