//! Old events go for good, with what hangs on them; the room goes on as before.
use std::{collections::BTreeSet, sync::Arc};

use db::{Engine, Read as _, Write, params};
use protocol::{
    filter::RoomEventFilter,
    ids::{EventId, OwnedEventId, RoomId},
};
use serde_json::json;
use store::{events::Direction, room_jobs, room_jobs::Status};

use crate::{
    Error, Membership, MessagesQuery, Old, Preset, PurgeBefore, ReceiptKind, Rooms, ThreadsQuery,
    Transaction,
    testing::{TestServer, object, servers, user},
};

/// Every message of alice's timeline, read in small pages in one direction.
async fn read_all(rooms: &Arc<Rooms>, room: &RoomId, direction: Direction) -> Vec<String> {
    let (mut bodies, mut from) = (Vec::new(), None);
    loop {
        let filter = RoomEventFilter::parse(br#"{"types":["m.room.message"]}"#).unwrap();
        let query = MessagesQuery { from, to: None, direction, limit: 3, filter };
        let page = rooms.messages(&user("alice"), room, &query).await.unwrap();
        for event in &page.events {
            let content: serde_json::Value = event.pdu.content_as().unwrap();
            bodies.push(content["body"].as_str().unwrap().to_owned());
        }
        match page.end {
            Some(end) => from = Some(end),
            None => return bodies,
        }
    }
}

async fn in_thread(
    server: &TestServer,
    room: &RoomId,
    opener: &EventId,
    body: &str,
) -> OwnedEventId {
    server.clock.advance_ms(1);
    let content = json!({
        "body": body, "m.relates_to": { "rel_type": "m.thread", "event_id": opener },
    });
    let transaction = Transaction { device_id: "D", transaction_id: body };
    let content = object(content);
    let alice = user("alice");
    server.rooms.send(&alice, room, "m.room.message", transaction, content).await.unwrap()
}

async fn count(server: &TestServer, sql: &'static str) -> i64 {
    server.store.db.query(sql, params![]).await.unwrap()[0].get(0).unwrap()
}

#[tokio::test]
async fn what_is_before_an_event_goes_and_the_rest_stays() {
    for (server, _database) in servers().await {
        let room_id = server.room("alice", Preset::PrivateChat).await;
        let mut sent = Vec::new();
        for number in 0..10 {
            sent.push(server.say("alice", &room_id, &format!("{number}")).await);
        }
        let alice = user("alice");
        server
            .rooms
            .set_receipt(&alice, &room_id, ReceiptKind::Read, &sent[2], None)
            .await
            .unwrap();
        let before = PurgeBefore::Event(sent[6].clone());
        let job = server.rooms.request_purge(&room_id, before).await.unwrap();
        server.rooms.run_open_jobs().await.unwrap();
        let job = server.rooms.job(job.job_id).await.unwrap().unwrap();
        assert_eq!((job.status, job.done, job.total), (Status::Done, 6, 6));
        for rooms in [Arc::clone(&server.rooms), server.restarted()] {
            let newer = ["6", "7", "8", "9"];
            assert_eq!(read_all(&rooms, &room_id, Direction::Forward).await, newer);
            let mut older = read_all(&rooms, &room_id, Direction::Backward).await;
            older.reverse();
            assert_eq!(older, newer);
            let gone = rooms.visible_event(&alice, &room_id, &sent[0]).await;
            assert!(matches!(gone, Err(Error::UnknownEvent)), "{gone:?}");
            let room = rooms.room(&room_id).await.unwrap();
            let facts = room.facts(&rooms).await.unwrap();
            assert!(facts.is_joined(&alice) && facts.powers().can_redact_others(&alice));
            let view = rooms.view(&room, &alice).await.unwrap();
            assert_eq!(view.membership(), Some(Membership::Join));
        }
        assert_eq!(count(&server, "SELECT COUNT(*) FROM receipts").await, 0);
        // The transaction of an event that is gone is as if it had never been.
        let again = server.say("alice", &room_id, "0").await;
        assert_ne!(again, sent[0]);
        let stranger = PurgeBefore::Event("$nothing".try_into().unwrap());
        let refused = server.rooms.request_purge(&room_id, stranger).await;
        assert!(matches!(refused, Err(Error::UnknownEvent)));
    }
}

#[tokio::test]
async fn what_was_sent_before_a_time_goes_but_never_the_end_of_the_room() {
    for (server, _database) in servers().await {
        let room_id = server.room("alice", Preset::PrivateChat).await;
        for number in 0..5 {
            server.say("alice", &room_id, &format!("{number}")).await;
        }
        let room = server.rooms.room(&room_id).await.unwrap();
        let later = server.rooms.now_ms() + 1;
        assert_eq!(server.rooms.purge(&room, Old::SentBefore(later)).await.unwrap(), 4);
        assert_eq!(read_all(&server.rooms, &room_id, Direction::Forward).await, ["4"]);
        server.say("alice", &room_id, "5").await;
        assert_eq!(server.rooms.purge(&room, Old::SentBefore(later)).await.unwrap(), 1);
        assert_eq!(read_all(&server.rooms, &room_id, Direction::Backward).await, ["5"]);
        assert_eq!(server.rooms.purge(&room, Old::SentBefore(0)).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn threads_end_with_their_beginnings() {
    for (server, _database) in servers().await {
        let room_id = server.room("alice", Preset::PrivateChat).await;
        let old = server.say("alice", &room_id, "old").await;
        in_thread(&server, &room_id, &old, "old 1").await;
        let opener = server.say("alice", &room_id, "root").await;
        let one = in_thread(&server, &room_id, &opener, "1").await;
        let two = in_thread(&server, &room_id, &opener, "2").await;
        let room = server.rooms.room(&room_id).await.unwrap();
        let alice = user("alice");
        let list = async || {
            let query = ThreadsQuery { participated: false, from: None, limit: 10 };
            let threads = server.rooms.threads(&alice, &room_id, query).await.unwrap();
            threads.roots.iter().map(|first| first.pdu.event_id().to_owned()).collect::<Vec<_>>()
        };
        let position = async |event: &EventId| {
            server.rooms.event(event).await.unwrap().unwrap().position().unwrap()
        };
        server.rooms.purge(&room, Old::Before(position(&opener).await)).await.unwrap();
        assert_eq!(list().await, std::slice::from_ref(&opener));
        assert_eq!(count(&server, "SELECT COUNT(*) FROM relations").await, 2);
        assert_eq!(count(&server, "SELECT COUNT(*) FROM threads").await, 1);
        server.rooms.purge(&room, Old::Before(position(&one).await)).await.unwrap();
        assert_eq!(list().await, Vec::<OwnedEventId>::new());
        // What is left of the thread can still be read as such.
        let read = server
            .rooms
            .set_receipt(&alice, &room_id, ReceiptKind::Read, &two, Some(opener.as_str()))
            .await;
        read.unwrap();
    }
}

#[tokio::test]
async fn a_job_that_was_broken_off_goes_on() {
    for (server, _database) in servers().await {
        let room_id = server.room("alice", Preset::PrivateChat).await;
        let mut last = None;
        for number in 0..6 {
            last = Some(server.say("alice", &room_id, &format!("{number}")).await);
        }
        let before = PurgeBefore::Event(last.unwrap());
        let job = server.rooms.request_purge(&room_id, before).await.unwrap();
        // As if the process had ended after two events.
        let half = room_jobs::JobRow { done: 2, total: 5, stage: "purging".to_owned(), ..job };
        let mut write = Write::new();
        room_jobs::update(&mut write, &half);
        write.execute(
            "DELETE FROM events WHERE event_num IN (SELECT event_num FROM events \
             WHERE state_key_num IS NULL ORDER BY position LIMIT 2)",
            params![],
        );
        drop(server.store.write(write).await.unwrap());
        let rooms = server.restarted();
        rooms.run_open_jobs().await.unwrap();
        let job = rooms.job(half.job_id).await.unwrap().unwrap();
        assert_eq!((job.status, job.done, job.total), (Status::Done, 5, 5));
        assert_eq!(read_all(&rooms, &room_id, Direction::Forward).await, ["5"]);
        assert_eq!(rooms.jobs_before(i64::MAX, 10).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_file_does_not_grow_again_where_history_was_purged() {
    for (server, database) in servers().await {
        if database.engine != Engine::Sqlite {
            continue;
        }
        let room_id = server.room("alice", Preset::PrivateChat).await;
        let room = server.rooms.room(&room_id).await.unwrap();
        let pages = async || count(&server, "SELECT page_count FROM pragma_page_count").await;
        let text = "x".repeat(2_000);
        let mut sizes = Vec::new();
        for round in 0..4 {
            for number in 0..150 {
                server.say("alice", &room_id, &format!("{round} {number} {text}")).await;
            }
            sizes.push(pages().await);
            server.rooms.purge(&room, Old::Before(i64::MAX)).await.unwrap();
        }
        assert!(sizes[0] > 60, "{sizes:?}");
        assert!(sizes[3] <= sizes[1] + sizes[1] / 10, "{sizes:?}");
    }
}

#[tokio::test]
async fn messages_are_sent_while_history_goes() {
    for (server, _database) in servers().await {
        let room_id = server.room("alice", Preset::PrivateChat).await;
        for number in 0..450 {
            server.say("alice", &room_id, &format!("{number}")).await;
        }
        let room = server.rooms.room(&room_id).await.unwrap();
        let end = server.rooms.now_ms();
        let rooms = Arc::clone(&server.rooms);
        let purging =
            tokio::spawn(async move { rooms.purge(&room, Old::SentBefore(end)).await.unwrap() });
        let mut expected = BTreeSet::new();
        for number in 0..30 {
            server.say("alice", &room_id, &format!("new {number}")).await;
            expected.insert(format!("new {number}"));
        }
        assert!(purging.await.unwrap() >= 448);
        let left: BTreeSet<_> =
            read_all(&server.rooms, &room_id, Direction::Backward).await.into_iter().collect();
        assert!(left.is_superset(&expected), "{left:?}");
        let again: BTreeSet<_> =
            read_all(&server.restarted(), &room_id, Direction::Forward).await.into_iter().collect();
        assert_eq!(left, again);
    }
}
