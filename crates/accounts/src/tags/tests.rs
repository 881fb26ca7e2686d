use db::{Write, testing::engines};
use serde_json::json;

use super::*;
use crate::testing::TestServer;

async fn room(server: &TestServer) -> protocol::ids::OwnedRoomId {
    let id = RoomId::parse("!r:example.org").unwrap();
    let mut write = Write::new();
    let number = server.store.interner.next_room().await.unwrap();
    server.store.interner.insert_room(&mut write, number, &id);
    server.store.db.write(write).await.unwrap();
    id
}

fn object(value: Value) -> Map<String, Value> {
    serde_json::from_value(value).unwrap()
}

#[tokio::test]
async fn tags_come_and_go_one_by_one() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        let alice = server.session("alice", "A").await;
        let room = room(&server).await;
        let (accounts, user_id) = (&server.accounts, &alice.user_id);
        assert_eq!(accounts.tags(&alice, user_id, &room).await.unwrap(), Map::new());
        accounts.delete_tag(&alice, user_id, &room, "u.none").await.unwrap();
        for (tag, info) in [("m.favourite", json!({ "order": 0.25 })), ("u.\u{0}", json!({}))] {
            accounts.set_tag(&alice, user_id, &room, tag, object(info)).await.unwrap();
        }
        let both = json!({ "m.favourite": { "order": 0.25 }, "u.\u{0}": {} });
        assert_eq!(accounts.tags(&alice, user_id, &room).await.unwrap(), object(both));
        accounts.delete_tag(&alice, user_id, &room, "u.\u{0}").await.unwrap();
        let one = json!({ "m.favourite": { "order": 0.25 } });
        assert_eq!(accounts.tags(&alice, user_id, &room).await.unwrap(), object(one.clone()));
        let data = accounts.account_data(&alice, user_id, Some(&room), "m.tag").await.unwrap();
        assert_eq!(data.unwrap(), object(json!({ "tags": one })));
    }
}

#[tokio::test]
async fn what_cannot_be_a_tag_is_refused() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        let alice = server.session("alice", "A").await;
        let bob = server.session("bob", "B").await;
        let room = room(&server).await;
        let accounts = &server.accounts;
        for (tag, info, fits) in [
            ("u.a", json!({ "order": 0 }), true),
            ("u.a", json!({ "order": 1 }), true),
            ("u.a", json!({ "order": null }), true),
            ("u.a", json!({ "order": 1.01 }), false),
            ("u.a", json!({ "order": -0.1 }), false),
            ("u.a", json!({ "order": "0.5" }), false),
            ("", json!({}), false),
            (&"x".repeat(256), json!({}), false),
        ] {
            let set = accounts.set_tag(&alice, &alice.user_id, &room, tag, object(info.clone()));
            assert_eq!(set.await.is_ok(), fits, "{tag} {info}");
        }
        let theirs = accounts.set_tag(&bob, &alice.user_id, &room, "u.a", Map::new()).await;
        assert!(matches!(theirs, Err(TagError::Data(AccountDataError::NotYours))));
        let unknown = RoomId::parse("!unknown:example.org").unwrap();
        let result = accounts.set_tag(&alice, &alice.user_id, &unknown, "u.a", Map::new()).await;
        assert!(matches!(result, Err(TagError::Data(AccountDataError::UnknownRoom))));
        assert_eq!(accounts.tags(&alice, &alice.user_id, &unknown).await.unwrap(), Map::new());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tags_set_at_once_do_not_lose_each_other() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        let alice = server.session("alice", "A").await;
        let room = room(&server).await;
        let tasks: Vec<_> = (0..8)
            .map(|number| {
                let (accounts, alice, room) =
                    (server.accounts.clone(), alice.clone(), room.clone());
                tokio::spawn(async move {
                    let tag = format!("u.{number}");
                    accounts.set_tag(&alice, &alice.user_id, &room, &tag, Map::new()).await
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap().unwrap();
        }
        assert_eq!(server.accounts.tags(&alice, &alice.user_id, &room).await.unwrap().len(), 8);
    }
}
