//! A panic in a room's writer costs the events that it was at, and nothing else: no lock stays held, nobody waits for ever,
//! memory is what is stored (faults.md, F19).
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use db::Write;
use futures_util::future::join_all;
use protocol::ids::{OwnedEventId, RoomId};
use serde_json::json;
use store::RoomNum;
use tokio::time::timeout;

use crate::{
    Error, Preset, Rooms, Transaction,
    notifications::{Arrival, BoxFuture, Classified, NotificationRules},
    testing::{TestServer, object, servers, user},
};

/// Panics once when it is told to.
#[derive(Default)]
struct Panicking {
    before_the_commit: AtomicBool,
    after_the_commit: AtomicBool,
}

impl NotificationRules for Panicking {
    fn classify<'a>(
        &'a self,
        _: &'a Arrival<'a>,
        _: &'a mut Write,
    ) -> BoxFuture<'a, db::Result<Classified>> {
        Box::pin(async {
            assert!(!self.before_the_commit.swap(false, Ordering::SeqCst), "a test wants it");
            Ok(Classified::default())
        })
    }

    fn committed(&self, _: RoomNum, _: i64, _: &Classified) {
        assert!(!self.after_the_commit.swap(false, Ordering::SeqCst), "a test wants it");
    }

    fn purged(&self, _: RoomNum, _: i64) {}
}

/// A server with such rules.
fn panicking(server: &TestServer) -> (Arc<Rooms>, Arc<Panicking>) {
    let rules = Arc::new(Panicking::default());
    (server.with_rules(rules.clone()), rules)
}

async fn say(rooms: &Arc<Rooms>, room: &RoomId, body: &str) -> Result<OwnedEventId, Error> {
    let transaction = Transaction { device_id: "D", transaction_id: body };
    let content = object(json!({ "msgtype": "m.text", "body": body }));
    let alice = user("alice");
    let said = rooms.send(&alice, room, "m.room.message", transaction, content);
    timeout(Duration::from_secs(10), said).await.expect("nobody waits for ever")
}

#[tokio::test]
async fn before_the_commit_nothing_is_stored_and_the_next_is() {
    for (server, _database) in servers().await {
        let (rooms, rules) = panicking(&server);
        let room_id = server.room("alice", Preset::PublicChat).await;
        say(&rooms, &room_id, "first").await.unwrap();
        rules.before_the_commit.store(true, Ordering::SeqCst);
        assert!(matches!(say(&rooms, &room_id, "lost").await, Err(Error::Stopped)));
        say(&rooms, &room_id, "second").await.unwrap();
        say(&rooms, &room_id, "lost").await.unwrap();
        let again = server.restarted();
        let kept = rooms.room(&room_id).await.unwrap().facts(&rooms).await.unwrap();
        let stored = again.room(&room_id).await.unwrap().facts(&again).await.unwrap();
        assert_eq!((&kept.head, kept.last_position), (&stored.head, stored.last_position));
    }
}

#[tokio::test]
async fn after_the_commit_it_is_found_again_and_no_sync_misses_it() {
    for (server, _database) in servers().await {
        let (rooms, rules) = panicking(&server);
        let room_id = server.room("alice", Preset::PublicChat).await;
        let num = rooms.room(&room_id).await.unwrap().num;
        let since = server.store.changes.position();
        assert!(!server.store.changes.room_changed_since(num, since));
        rules.after_the_commit.store(true, Ordering::SeqCst);
        assert!(matches!(say(&rooms, &room_id, "stored").await, Err(Error::Stopped)));
        let position = server.store.changes.position();
        assert!(position > since, "it is visible");
        assert!(server.store.changes.room_changed_since(num, since), "and looked for");
        assert!(!server.store.changes.room_changed_since(num, position));
        let repeated = say(&rooms, &room_id, "stored").await.unwrap();
        let event = rooms.event(&repeated).await.unwrap().unwrap();
        assert_eq!(event.position.get(), Some(&position), "it is the one that was stored");
        assert_eq!(server.store.changes.position(), position, "and is not stored again");
    }
}

#[tokio::test]
async fn a_membership_that_was_stored_is_known() {
    for (server, _database) in servers().await {
        let (rooms, rules) = panicking(&server);
        let room_id = server.room("alice", Preset::PublicChat).await;
        let bob = rooms.store.interner.find_user(&user("bob")).await.unwrap();
        assert!(bob.is_none());
        rooms.join(&user("bob"), &room_id, None).await.unwrap();
        let bob = rooms.store.interner.find_user(&user("bob")).await.unwrap().unwrap();
        assert_eq!(rooms.rooms_of(bob).await.unwrap().joined().len(), 1);
        rules.after_the_commit.store(true, Ordering::SeqCst);
        rooms.leave(&user("bob"), &room_id, None).await.unwrap_err();
        assert!(rooms.rooms_of(bob).await.unwrap().joined().is_empty());
        let facts = rooms.room(&room_id).await.unwrap().facts(&rooms).await.unwrap();
        assert_eq!(facts.joined, 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_who_send_at_the_same_time_are_all_answered() {
    for (server, _database) in servers().await {
        let (rooms, rules) = panicking(&server);
        let room_id = server.room("alice", Preset::PublicChat).await;
        for round in 0..10 {
            let flag =
                if round % 2 == 0 { &rules.before_the_commit } else { &rules.after_the_commit };
            flag.store(true, Ordering::SeqCst);
            let sends = (0..20).map(|number| {
                let (rooms, room_id) = (rooms.clone(), room_id.clone());
                tokio::spawn(
                    async move { say(&rooms, &room_id, &format!("{round}.{number}")).await },
                )
            });
            let answers = join_all(sends).await;
            let refused = answers.iter().filter(|answer| answer.as_ref().unwrap().is_err());
            assert!(refused.count() >= 1);
            for number in 0..20 {
                say(&rooms, &room_id, &format!("{round}.{number}")).await.unwrap();
            }
        }
        let rows = db::Read::query_optional(
            &server.store.db,
            "SELECT COUNT(*), COUNT(DISTINCT transaction_key) FROM events WHERE transaction_key IS NOT NULL",
            db::params![],
        );
        let row = rows.await.unwrap().unwrap();
        assert_eq!((row.get::<i64>(0).unwrap(), row.get::<i64>(1).unwrap()), (200, 200));
    }
}
