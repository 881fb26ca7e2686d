use serde_json::json;

use crate::testing::{TestApp, encode};

#[tokio::test]
async fn aliases_are_made_resolved_and_removed_by_who_may() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let room = alice.create_room(json!({ "preset": "public_chat" })).await;
        let path = format!("/directory/room/{}", encode("#garden:example.org"));
        assert_eq!(app.get(&path).await.verdict(), "404 M_NOT_FOUND");
        let target = json!({ "room_id": room });
        assert_eq!(bob.put(&path, target.clone()).await.verdict(), "403 M_FORBIDDEN");
        assert_eq!(alice.put(&path, target.clone()).await.verdict(), "200");
        assert_eq!(alice.put(&path, target.clone()).await.verdict(), "409 M_UNKNOWN");
        let elsewhere = format!("/directory/room/{}", encode("#garden:elsewhere.org"));
        assert_eq!(alice.put(&elsewhere, target).await.verdict(), "400 M_INVALID_PARAM");
        assert_eq!(app.get(&path).await.json()["room_id"], room.as_str());
        let aliases = alice.get(&format!("/rooms/{}/aliases", encode(&room))).await.json();
        assert_eq!(aliases, json!({ "aliases": ["#garden:example.org"] }));
        let joined = bob.post(&format!("/join/{}", encode("#garden:example.org")), json!({})).await;
        assert_eq!(joined.json(), json!({ "room_id": room }));
        assert_eq!(bob.delete(&path).await.verdict(), "403 M_FORBIDDEN");
        assert_eq!(alice.delete(&path).await.verdict(), "200");
        assert_eq!(alice.delete(&path).await.verdict(), "404 M_NOT_FOUND");
    }
}

#[tokio::test]
async fn the_public_list_is_searched_and_paged() {
    for app in TestApp::on_each_engine().await {
        let (alice, bob) = (app.user("alice").await, app.user("bob").await);
        let mut rooms = Vec::new();
        for name in ["Roses", "Tulips", "Rosemary"] {
            let options = json!({ "preset": "public_chat", "visibility": "public", "name": name });
            rooms.push(alice.create_room(options).await);
        }
        bob.join(&rooms[1]).await;
        let first = app.get("/publicRooms?limit=2").await.json();
        assert_eq!(first["chunk"][0]["room_id"], rooms[1].as_str(), "the largest is first");
        assert_eq!(first["chunk"][0]["num_joined_members"], 2);
        let next = first["next_batch"].as_str().unwrap();
        let second = app.get(&format!("/publicRooms?limit=2&since={next}")).await.json();
        assert_eq!(second["chunk"].as_array().unwrap().len(), 1);
        assert!(second.get("next_batch").is_none(), "{second}");
        let search = json!({ "filter": { "generic_search_term": "rose" } });
        let found = bob.post("/publicRooms", search).await.json();
        assert_eq!(found["total_room_count_estimate"], 2);
        assert_eq!(app.get("/publicRooms?since=x").await.verdict(), "400 M_INVALID_PARAM");
        let list = format!("/directory/list/room/{}", encode(&rooms[0]));
        assert_eq!(
            bob.put(&list, json!({ "visibility": "private" })).await.verdict(),
            "403 M_FORBIDDEN"
        );
        assert_eq!(alice.put(&list, json!({ "visibility": "private" })).await.verdict(), "200");
        assert_eq!(app.get(&list).await.json(), json!({ "visibility": "private" }));
        assert_eq!(app.get("/publicRooms").await.json()["total_room_count_estimate"], 2);
        let nowhere = format!("/directory/list/room/{}", encode("!nowhere:example.org"));
        assert_eq!(app.get(&nowhere).await.verdict(), "404 M_NOT_FOUND");
    }
}
