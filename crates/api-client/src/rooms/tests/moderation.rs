//! What clients see of rooms that are purged, blocked and deleted.
use protocol::ids::RoomId;
use rooms::{DeleteRoom, Old};
use serde_json::json;

use crate::testing::{TestApp, TestUser, encode};

async fn found(user: &TestUser, words: &str) -> u64 {
    let body = json!({ "search_categories": { "room_events": { "search_term": words } } });
    let reply = user.post("/search", body).await.json();
    reply["search_categories"]["room_events"]["count"].as_u64().unwrap()
}

#[tokio::test]
async fn what_is_purged_is_found_no_more() {
    for app in TestApp::on_each_engine().await {
        let alice = app.user("alice").await;
        let room = alice.create_room(json!({})).await;
        let gone = alice.say(&room, "harbour one").await;
        alice.say(&room, "harbour two").await;
        let kept = alice.say(&room, "harbour three").await;
        assert_eq!(found(&alice, "harbour").await, 3);
        let rooms = &app.app.rooms;
        let known = rooms.room(&RoomId::parse(room.as_str()).unwrap()).await.unwrap();
        rooms.purge(&known, Old::Before(i64::MAX)).await.unwrap();
        assert_eq!(found(&alice, "harbour").await, 1);
        let path = format!("/rooms/{}/event", encode(&room));
        let event = alice.get(&format!("{path}/{}", encode(&gone))).await;
        assert_eq!(event.verdict(), "404 M_NOT_FOUND");
        let event = alice.get(&format!("{path}/{}", encode(&kept))).await;
        assert_eq!(event.verdict(), "200");
        let messages = format!("/rooms/{}/messages?dir=b", encode(&room));
        let page = alice.get(&messages).await.json();
        assert!(page.get("end").is_none(), "the timeline ends: {page}");
    }
}

#[tokio::test]
async fn whoever_was_away_learns_that_a_room_was_deleted() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let room = alice.create_room(json!({ "preset": "public_chat" })).await;
        bob.join(&room).await;
        let before = bob.get("/sync").await.json();
        assert!(before["rooms"]["join"].get(&room).is_some());
        let since = before["next_batch"].as_str().unwrap();
        let sliding = "/_matrix/client/unstable/org.matrix.simplified_msc3575/sync";
        let all = json!({ "ranges": [[0, 9]], "timeline_limit": 1, "required_state": [] });
        let body = json!({ "lists": { "all": all } });
        let window = bob.post(sliding, body.clone()).await.json();
        assert!(window["rooms"].get(&room).is_some(), "{window}");
        let pos = window["pos"].as_str().unwrap();
        let id = RoomId::parse(room.as_str()).unwrap();
        let how = DeleteRoom { block: true, ..DeleteRoom::default() };
        app.app.rooms.request_deletion(&id, how).await.unwrap();
        app.app.rooms.run_open_jobs().await.unwrap();
        let after = bob.get(&format!("/sync?since={since}")).await.json();
        assert!(after["rooms"]["leave"].get(&room).is_some(), "{after}");
        let since = after["next_batch"].as_str().unwrap();
        let later = bob.get(&format!("/sync?since={since}")).await.json();
        assert_eq!(later.get("rooms"), None, "{later}");
        assert_eq!(bob.get("/sync").await.json().get("rooms"), None);
        let window = bob.post(&format!("{sliding}?pos={pos}"), body.clone()).await.json();
        assert_eq!(window["rooms"][&room]["membership"], "leave", "{window}");
        let pos = window["pos"].as_str().unwrap();
        let window = bob.post(&format!("{sliding}?pos={pos}"), body).await.json();
        assert!(window["rooms"].get(&room).is_none(), "{window}");
        let join = bob.post(&format!("/join/{}", encode(&room)), json!({})).await;
        assert_eq!(join.verdict(), "403 M_FORBIDDEN");
        let state = alice.get(&format!("/rooms/{}/state", encode(&room))).await;
        assert!(state.status.is_client_error());
    }
}
