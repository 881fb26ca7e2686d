use db::{Write, testing::engines};
use protocol::ids::OwnedRoomId;
use serde_json::json;

use super::*;
use crate::testing::TestServer;

fn object(value: Value) -> Map<String, Value> {
    serde_json::from_value(value).unwrap()
}

async fn room(server: &TestServer, id: &str) -> OwnedRoomId {
    let id = RoomId::parse(id).unwrap();
    let mut write = Write::new();
    let number = server.store.interner.next_room().await.unwrap();
    server.store.interner.insert_room(&mut write, number, &id);
    server.store.db.write(write).await.unwrap();
    id
}

#[tokio::test]
async fn data_is_kept_for_the_user_and_the_room() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        let alice = server.session("alice", "A").await;
        let bob = server.session("bob", "B").await;
        let room = room(&server, "!r:example.org").await;
        let accounts = &server.accounts;
        let before = server.store.changes.position();
        for (place, content) in [(None, json!({ "a": 1 })), (Some(&*room), json!({ "b": "\u{0}" }))]
        {
            let content = object(content);
            let kind = "org.example.x";
            let found = || accounts.account_data(&alice, &alice.user_id, place, kind);
            assert_eq!(found().await.unwrap(), None);
            let set = accounts.set_account_data(&alice, &alice.user_id, place, kind, &content);
            set.await.unwrap();
            assert_eq!(found().await.unwrap(), Some(content.clone()));
            let other = accounts.account_data(&bob, &bob.user_id, place, kind).await;
            assert_eq!(other.unwrap(), None);
            let theirs = accounts.account_data(&bob, &alice.user_id, place, kind).await;
            assert!(matches!(theirs, Err(AccountDataError::NotYours)));
            let set = accounts.set_account_data(&bob, &alice.user_id, place, kind, &content);
            assert!(matches!(set.await, Err(AccountDataError::NotYours)));
        }
        let until = server.store.changes.position();
        assert_eq!(until, before + 2);
        let all = accounts.all_account_data(alice.user_num).await.unwrap();
        assert_eq!(all.len(), 2);
        assert_eq!(all[0].room, None);
        assert_eq!(accounts.global_account_data(alice.user_num).await.unwrap(), all[..1]);
        let room = all[1].room.unwrap();
        assert_eq!(accounts.room_account_data(alice.user_num, room).await.unwrap(), all[1..]);
        let changes = accounts.account_data_changes(alice.user_num, before, until).await.unwrap();
        assert_eq!(changes, all);
        let later = accounts.account_data_changes(alice.user_num, before + 1, until).await.unwrap();
        assert_eq!(later, all[1..]);
        let none = accounts.account_data_changes(alice.user_num, until, until).await.unwrap();
        assert_eq!(none, []);
    }
}

#[tokio::test]
async fn what_cannot_be_account_data_is_refused() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        let alice = server.session("alice", "A").await;
        let room = room(&server, "!r:example.org").await;
        let content = object(json!({}));
        let set = |place: Option<&RoomId>, kind: &str| {
            let (place, kind) = (place.map(ToOwned::to_owned), kind.to_owned());
            let (accounts, alice, content) = (&server.accounts, &alice, &content);
            async move {
                accounts
                    .set_account_data(alice, &alice.user_id, place.as_deref(), &kind, content)
                    .await
            }
        };
        for kind in ["m.fully_read", "m.push_rules"] {
            for place in [None, Some(&*room)] {
                let result = set(place, kind).await;
                assert!(matches!(result, Err(AccountDataError::ServerControlled(_))), "{kind}");
            }
        }
        for kind in ["", "a\0b", &"x".repeat(256)] {
            assert!(matches!(set(None, kind).await, Err(AccountDataError::Type)), "{kind:?}");
        }
        let unknown = RoomId::parse("!unknown:example.org").unwrap();
        assert!(matches!(set(Some(&unknown), "x").await, Err(AccountDataError::UnknownRoom)));
        let found = server.accounts.account_data(&alice, &alice.user_id, Some(&unknown), "x").await;
        assert_eq!(found.unwrap(), None);
        assert_eq!(server.accounts.all_account_data(alice.user_num).await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_closed_account_keeps_none() {
    for database in engines().await {
        let server = TestServer::new(&database).await;
        let alice = server.session("alice", "A").await;
        let content = object(json!({ "key": "value" }));
        let set = server.accounts.set_account_data(&alice, &alice.user_id, None, "x", &content);
        set.await.unwrap();
        let confirmation = server.confirm(&alice, crate::Action::Deactivate).await;
        server.accounts.deactivate(&alice, false, confirmation).await.unwrap();
        assert_eq!(server.accounts.all_account_data(alice.user_num).await.unwrap(), []);
        assert!(alice.is_revoked());
        assert_eq!(server.seen(), ["alice deleted A", "alice closed"]);
    }
}
