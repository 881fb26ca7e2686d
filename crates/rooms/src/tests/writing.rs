use std::{collections::BTreeSet, sync::Arc};

use futures_util::future::join_all;
use protocol::{RoomVersion, ids::RoomId};
use serde_json::json;
use store::events;

use crate::{
    CreateRoom, Error, MessagesQuery, Preset, Transaction,
    testing::{TestServer, object, servers, user},
};

fn everything() -> MessagesQuery {
    MessagesQuery {
        from: None,
        to: None,
        direction: events::Direction::Forward,
        limit: 1_000,
        filter: protocol::filter::RoomEventFilter::default(),
    }
}

#[tokio::test]
async fn a_room_of_every_version_is_created_and_read_back_after_a_restart() {
    for (server, _database) in servers().await {
        for version in RoomVersion::ALL.into_iter().filter(|version| version.can_create()) {
            let wish = CreateRoom {
                room_version: Some(version.as_str().into()),
                name: Some("Name".into()),
                topic: Some("Topic".into()),
                invite: vec![user("bob")],
                ..CreateRoom::of(Preset::TrustedPrivateChat)
            };
            let room_id = server.rooms.create_room(&user("alice"), wish).await.unwrap();
            let facts =
                server.rooms.room(&room_id).await.unwrap().facts(&server.rooms).await.unwrap();
            let again = server.restarted();
            let restarted = again.room(&room_id).await.unwrap().facts(&again).await.unwrap();
            for facts in [&facts, &restarted] {
                assert_eq!(facts.version, version);
                assert_eq!((facts.joined, facts.invited), (1, 1), "{version}");
                assert_eq!(facts.state_text("m.room.name", "name").as_deref(), Some("Name"));
                assert!(facts.powers().can_send_state(&user("alice"), "m.room.tombstone"));
            }
            assert_eq!(facts.head, restarted.head);
            assert_eq!(facts.weight, restarted.weight);
            assert_eq!(facts.last_position, restarted.last_position);
        }
    }
}

#[tokio::test]
async fn rooms_created_in_the_same_millisecond_are_different_rooms() {
    for (server, _database) in servers().await {
        let mut ids = BTreeSet::new();
        for _ in 0..5 {
            ids.insert(server.room("alice", Preset::PrivateChat).await);
        }
        assert_eq!(ids.len(), 5);
    }
}

#[tokio::test]
async fn a_transaction_is_sent_once_even_at_the_same_time_and_after_a_restart() {
    for (server, _database) in servers().await {
        let room_id = server.room("alice", Preset::PublicChat).await;
        let content = || object(json!({ "body": "hello" }));
        let transaction = Transaction { device_id: "D", transaction_id: "1" };
        let (alice, rooms) = (user("alice"), &server.rooms);
        let sends =
            (0..20).map(|_| rooms.send(&alice, &room_id, "m.room.message", transaction, content()));
        let mut ids = BTreeSet::new();
        for send in join_all(sends).await {
            ids.insert(send.unwrap());
        }
        let again = server.restarted();
        ids.insert(
            again.send(&alice, &room_id, "m.room.message", transaction, content()).await.unwrap(),
        );
        assert_eq!(ids.len(), 1);
        // Another device, and another type, are other scopes.
        let other = Transaction { device_id: "E", transaction_id: "1" };
        ids.insert(again.send(&alice, &room_id, "m.room.message", other, content()).await.unwrap());
        ids.insert(again.send(&alice, &room_id, "m.other", transaction, content()).await.unwrap());
        assert_eq!(ids.len(), 3);
    }
}

#[tokio::test]
async fn what_is_sent_at_once_is_all_there_in_one_order() {
    for (server, _database) in servers().await {
        let room_id = server.room("alice", Preset::PublicChat).await;
        let (alice, rooms) = (user("alice"), Arc::clone(&server.rooms));
        let names: Vec<String> = (0..150).map(|number| format!("{number}")).collect();
        let sends = names.iter().map(|name| {
            let transaction = Transaction { device_id: "D", transaction_id: name };
            rooms.send(
                &alice,
                &room_id,
                "m.room.message",
                transaction,
                object(json!({ "body": name })),
            )
        });
        let sent: BTreeSet<_> = join_all(sends).await.into_iter().map(|id| id.unwrap()).collect();
        let page = rooms.messages(&alice, &room_id, &everything()).await.unwrap();
        let messages = page.events.iter().filter(|event| event.pdu.kind() == "m.room.message");
        let read: BTreeSet<_> = messages.map(|event| event.pdu.event_id().to_owned()).collect();
        assert_eq!(read, sent);
        let facts = rooms.room(&room_id).await.unwrap().facts(&rooms).await.unwrap();
        assert_eq!(facts.head.notify_count, 150);
        for pair in page.events.windows(2) {
            let [first, second] = pair else { continue };
            let follows: Vec<_> = second.pdu.prev_events().map(ToOwned::to_owned).collect();
            assert_eq!(follows, [first.pdu.event_id().to_owned()]);
            assert!(second.position() > first.position());
        }
    }
}

#[tokio::test]
async fn who_may_not_is_refused_and_nothing_is_stored() {
    for (server, _database) in servers().await {
        let (rooms, alice, bob) = (&server.rooms, user("alice"), user("bob"));
        let room_id = server.room("alice", Preset::PublicChat).await;
        let before = rooms.messages(&alice, &room_id, &everything()).await.unwrap().events.len();
        let transaction = Transaction { device_id: "D", transaction_id: "1" };
        let content = object(json!({}));
        let stranger =
            rooms.send(&bob, &room_id, "m.room.message", transaction, content.clone()).await;
        assert!(matches!(stranger, Err(Error::NotJoined)), "{stranger:?}");
        rooms.join(&bob, &room_id, None).await.unwrap();
        let named = rooms
            .set_state(&bob, &room_id, "m.room.name", "", object(json!({ "name": "x" })))
            .await;
        assert!(matches!(named, Err(Error::Denied(_))), "{named:?}");
        let created = rooms.set_state(&alice, &room_id, "m.room.create", "", content.clone()).await;
        assert!(matches!(created, Err(Error::Forbidden(_))), "{created:?}");
        let large = object(json!({ "body": "x".repeat(70_000) }));
        let large = rooms.send(&alice, &room_id, "m.room.message", transaction, large).await;
        assert!(matches!(large, Err(Error::TooLarge(_))), "{large:?}");
        let nul = rooms.set_state(&alice, &room_id, "m.x", "a\0b", content.clone()).await;
        assert!(matches!(nul, Err(Error::InvalidParam(_))), "{nul:?}");
        let unknown = RoomId::parse("!nowhere:example.org").unwrap();
        let nowhere = rooms.send(&alice, &unknown, "m.room.message", transaction, content).await;
        assert!(matches!(nowhere, Err(Error::NotJoined)), "{nowhere:?}");
        let after = rooms.messages(&alice, &room_id, &everything()).await.unwrap().events.len();
        assert_eq!(after, before + 1, "only the join");
    }
}

#[tokio::test]
async fn a_redaction_empties_the_event_for_good() {
    for (server, _database) in servers().await {
        let (rooms, alice, bob) = (&server.rooms, user("alice"), user("bob"));
        let room_id = server.room("alice", Preset::PublicChat).await;
        rooms.join(&bob, &room_id, None).await.unwrap();
        let said = server.say("bob", &room_id, "secret").await;
        let of_alice = server.say("alice", &room_id, "mine").await;
        let transaction = Transaction { device_id: "D", transaction_id: "r" };
        let refused = rooms.redact(&bob, &room_id, &of_alice, transaction, object(json!({}))).await;
        assert!(matches!(refused, Err(Error::Forbidden(_))), "{refused:?}");
        rooms.redact(&alice, &room_id, &said, transaction, object(json!({}))).await.unwrap();
        for rooms in [Arc::clone(rooms), server.restarted()] {
            let event = rooms.visible_event(&alice, &room_id, &said).await.unwrap();
            assert_eq!(event.pdu.content(), "{}");
            assert!(!event.pdu.json().contains("secret"));
            assert!(event.redacted_by.is_some());
        }
    }
}

#[tokio::test]
async fn a_repeated_transaction_is_answered_by_whoever_may_no_longer_send() {
    for (server, _database) in servers().await {
        let (rooms, alice, bob) = (&server.rooms, user("alice"), user("bob"));
        let room_id = server.room("alice", Preset::PublicChat).await;
        rooms.join(&bob, &room_id, None).await.unwrap();
        let transaction = Transaction { device_id: "D", transaction_id: "1" };
        let repeat = || rooms.send(&bob, &room_id, "m.x", transaction, object(json!({})));
        let sent = repeat().await.unwrap();
        let levels = object(json!({ "events_default": 50 }));
        rooms.set_state(&alice, &room_id, "m.room.power_levels", "", levels).await.unwrap();
        assert_eq!(repeat().await.unwrap(), sent);
        let other = Transaction { device_id: "D", transaction_id: "2" };
        let refused = rooms.send(&bob, &room_id, "m.x", other, object(json!({}))).await;
        assert!(matches!(refused, Err(Error::Denied(_))), "{refused:?}");
    }
}

#[tokio::test]
async fn a_transaction_belongs_to_one_path() {
    for (server, _database) in servers().await {
        let (rooms, alice) = (&server.rooms, user("alice"));
        let room_id = server.room("alice", Preset::PublicChat).await;
        let (one, two) = (
            server.say("alice", &room_id, "one").await,
            server.say("alice", &room_id, "two").await,
        );
        let transaction = Transaction { device_id: "D", transaction_id: "r" };
        let redact =
            |target| rooms.redact(&alice, &room_id, target, transaction, object(json!({})));
        let (first, second) = (redact(&one).await.unwrap(), redact(&two).await.unwrap());
        assert_ne!(first, second);
        assert_eq!(redact(&one).await.unwrap(), first);
        // A type may have line ends; what the client is told of its own event is its transaction id all the same.
        let content = || object(json!({}));
        let odd = rooms.send(&alice, &room_id, "a\nb", transaction, content()).await.unwrap();
        let even = rooms.send(&alice, &room_id, r"a\nb", transaction, content()).await.unwrap();
        assert_ne!(odd, even);
        let event = rooms.visible_event(&alice, &room_id, &odd).await.unwrap();
        assert_eq!(event.transaction_id(event.sender_num, "D"), Some("r"));
    }
}

/// Somebody else's write can take what this one was going to take: then it is built again, as that of any room.
#[tokio::test]
async fn a_new_room_whose_write_was_rejected_is_written_again() {
    for (server, _database) in servers().await {
        let unwritten = &mut db::Write::new();
        let last = server.store.interner.state_key(unwritten, "org.example.probe", "").await;
        let next = last.unwrap().0 + 1;
        let mut taken = db::Write::new();
        taken.execute(
            "INSERT INTO state_keys (state_key_num, type, state_key) VALUES ($1, $2, $3)",
            db::params![next, "org.example.taken", ""],
        );
        server.store.db.write(taken).await.unwrap();
        let room_id = server.room("alice", Preset::PublicChat).await;
        assert_stored(&server, &room_id).await;
    }
}

#[tokio::test]
async fn rooms_that_are_created_at_once_have_their_own_numbers_whatever_is_rejected_meanwhile() {
    for (server, _database) in servers().await {
        let create = (0..20).map(|_| server.room("alice", Preset::PublicChat));
        let rejected = async {
            for _ in 0..2_000 {
                // As after a write that was rejected.
                server.store.interner.forget_unconfirmed();
                tokio::task::yield_now().await;
            }
        };
        let (rooms, ()) = tokio::join!(join_all(create), rejected);
        for room_id in rooms {
            assert_stored(&server, &room_id).await;
        }
    }
}

/// The room can be read without what is in memory, by its id and by its number.
async fn assert_stored(server: &TestServer, room_id: &RoomId) {
    let rooms = server.restarted();
    let room = rooms.room(room_id).await.unwrap();
    let facts = room.facts(&rooms).await.unwrap();
    assert_eq!(facts.joined, 1);
    assert_eq!(server.store.interner.room_id(room.num).await.unwrap(), room_id);
    let row = store::rooms::find(&server.store.db, room.num).await.unwrap().unwrap();
    let creator = server.store.interner.user_id(row.creator_num).await.unwrap();
    assert_eq!(creator, user("alice"));
}
