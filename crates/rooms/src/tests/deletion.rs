//! Rooms that nobody comes into, and rooms that go.
use std::sync::Arc;

use db::{Read as _, params};
use protocol::ids::{OwnedRoomId, RoomAliasId};
use store::room_jobs::Status;

use crate::{
    CreateRoom, DeleteRoom, Error, Membership, MembershipChange, NewRoom, Preset,
    testing::{TestServer, servers, user},
};

async fn crowded_room(server: &TestServer) -> OwnedRoomId {
    let alias = RoomAliasId::parse("#here:example.org").unwrap();
    let wish = CreateRoom {
        alias: Some(alias),
        published: true,
        invite: vec![user("carol")],
        ..CreateRoom::of(Preset::PublicChat)
    };
    let room = server.rooms.create_room(&user("alice"), wish).await.unwrap();
    server.rooms.join(&user("bob"), &room, None).await.unwrap();
    for number in 0..5 {
        server.say("bob", &room, &format!("{number}")).await;
    }
    room
}

#[tokio::test]
async fn nobody_comes_into_a_blocked_room() {
    for (server, _database) in servers().await {
        let (rooms, room) = (&server.rooms, crowded_room(&server).await);
        rooms.block(&room, Some("Not here.".to_owned())).await.unwrap();
        let (alice, dave) = (user("alice"), user("dave"));
        let told = |result: Result<(), Error>| matches!(result, Err(Error::Blocked(text)) if text == "Not here.");
        assert!(told(rooms.join(&dave, &room, None).await));
        assert!(told(rooms.knock(&dave, &room, None).await));
        let change = MembershipChange { sender: &alice, target: &dave, reason: None };
        assert!(told(rooms.invite(&room, change).await));
        let alias = RoomAliasId::parse("#other:example.org").unwrap();
        assert!(told(rooms.set_alias(&alice, &alias, &room).await));
        assert!(told(rooms.set_published(&alice, &room, true, false).await));
        let join = crate::testing::object(serde_json::json!({ "membership": "join" }));
        let sent = rooms.set_state(&dave, &room, "m.room.member", dave.as_str(), join).await;
        assert!(told(sent.map(|_| ())));
        // Who is in, stays in.
        rooms.set_published(&alice, &room, false, false).await.unwrap();
        server.say("bob", &room, "still here").await;
        rooms.unblock(&room).await.unwrap();
        rooms.join(&dave, &room, None).await.unwrap();
    }
}

#[tokio::test]
async fn a_deleted_room_leaves_nothing_but_who_was_in_it() {
    for (server, _database) in servers().await {
        let (rooms, room) = (&server.rooms, crowded_room(&server).await);
        let job = rooms.request_deletion(&room, DeleteRoom::default()).await.unwrap();
        let refused = rooms.join(&user("dave"), &room, None).await;
        assert!(matches!(refused, Err(Error::Blocked(_))), "nobody comes in meanwhile");
        rooms.run_open_jobs().await.unwrap();
        let job = rooms.job(job.job_id).await.unwrap().unwrap();
        assert_eq!((job.status, job.done), (Status::Done, job.total));
        assert!(job.total > 10);
        for rooms in [Arc::clone(rooms), server.restarted()] {
            assert!(rooms.find(&room).await.unwrap().is_none());
            assert!(rooms.block_of(&room).await.unwrap().is_none());
            let alias = RoomAliasId::parse("#here:example.org").unwrap();
            assert!(matches!(rooms.resolve_alias(&alias).await, Err(Error::UnknownAlias)));
            let refused = rooms.join(&user("dave"), &room, None).await;
            assert!(matches!(refused, Err(Error::UnknownRoom)));
        }
        for table in [
            "SELECT COUNT(*) FROM rooms",
            "SELECT COUNT(*) FROM events",
            "SELECT COUNT(*) FROM current_state",
            "SELECT COUNT(*) FROM state_changes",
            "SELECT COUNT(*) FROM state_versions",
            "SELECT COUNT(*) FROM receipts",
            "SELECT COUNT(*) FROM room_aliases",
        ] {
            let left: i64 =
                server.store.db.query(table, params![]).await.unwrap()[0].get(0).unwrap();
            assert_eq!(left, 0, "{table}");
        }
    }
}

#[tokio::test]
async fn members_find_themselves_in_a_new_room_with_a_notice() {
    for (server, _database) in servers().await {
        let (rooms, room) = (&server.rooms, crowded_room(&server).await);
        let how = DeleteRoom {
            block: true,
            message: Some("It is closed.".to_owned()),
            new_room: Some(NewRoom {
                creator: user("admin"),
                name: "Closed".to_owned(),
                notice: "The room was closed.".to_owned(),
            }),
        };
        rooms.request_deletion(&room, how).await.unwrap();
        rooms.run_open_jobs().await.unwrap();
        let refused = rooms.join(&user("bob"), &room, None).await;
        assert!(matches!(refused, Err(Error::Blocked(text)) if text == "It is closed."));
        let bob = server.store.interner.find_user(&user("bob")).await.unwrap().unwrap();
        let joined = rooms.rooms_of(bob).await.unwrap().with(Membership::Join);
        let new = rooms.by_number(joined[0]).await.unwrap().unwrap();
        let facts = new.facts(rooms).await.unwrap();
        assert_eq!(facts.state_text("m.room.name", "name").as_deref(), Some("Closed"));
        assert_eq!((joined.len(), facts.joined), (1, 3), "those who were asked in are not in it");
        let content = crate::testing::object(serde_json::json!({ "body": "hello" }));
        let transaction = crate::Transaction { device_id: "D", transaction_id: "t" };
        let sent = rooms.send(&user("bob"), &new.id, "m.room.message", transaction, content).await;
        assert!(matches!(sent, Err(Error::Denied(_))), "nobody answers there");
    }
}

#[tokio::test]
async fn a_deletion_that_was_broken_off_goes_on() {
    for (server, _database) in servers().await {
        let room = crowded_room(&server).await;
        let job = server.rooms.request_deletion(&room, DeleteRoom::default()).await.unwrap();
        // As if the process had ended once members were leaving, and again once the room's row was gone.
        server.rooms.leave(&user("bob"), &room, None).await.unwrap();
        let rooms = server.restarted();
        let mut write = db::Write::new();
        let num = server.store.interner.find_room(&room).await.unwrap().unwrap();
        for user in ["alice", "carol"] {
            rooms.leave(&crate::testing::user(user), &room, None).await.unwrap();
        }
        store::whole_rooms::close(&mut write, num);
        drop(server.store.write(write).await.unwrap());
        let rooms = server.restarted();
        rooms.run_open_jobs().await.unwrap();
        let job = rooms.job(job.job_id).await.unwrap().unwrap();
        assert_eq!(job.status, Status::Done, "{job:?}");
        let sql = "SELECT COUNT(*) FROM events";
        let left: i64 = server.store.db.query(sql, params![]).await.unwrap()[0].get(0).unwrap();
        assert_eq!(left, 0);
    }
}
