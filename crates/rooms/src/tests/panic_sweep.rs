//! F19: a panic anywhere on the way of an event neither loses what was answered nor keeps the room from going on.
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use clock::{Clock, MockClock};
use db::Write;
use entropy::{Entropy, SeededEntropy};
use protocol::{Pdu, ids::OwnedRoomId};
use serde_json::json;
use store::{RoomNum, Store};

use crate::{
    CreateRoom, MessagesQuery, Preset, Rooms, Transaction,
    notifications::{Arrival, BoxFuture, Classified, NotificationRules},
    testing::{object, user, with_rules},
};

/// Blows at the call after so many others: whoever looks at the clock, asks for randomness or for the push rules calls.
#[derive(Default)]
struct Fuse(AtomicI64);

impl Fuse {
    fn call(&self) {
        assert!(self.0.fetch_sub(1, Ordering::SeqCst) != 1, "the fuse has blown");
    }

    fn set(&self, calls: i64) {
        self.0.store(calls, Ordering::SeqCst);
    }

    /// Whether fewer calls came than it takes.
    fn is_whole(&self) -> bool {
        self.0.load(Ordering::SeqCst) > 0
    }
}

struct FusedClock(Arc<Fuse>, MockClock);

impl Clock for FusedClock {
    fn now_ms(&self) -> i64 {
        self.0.call();
        self.1.advance_ms(1);
        self.1.now_ms()
    }
}

struct FusedEntropy(Arc<Fuse>, SeededEntropy);

impl Entropy for FusedEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.call();
        self.1.fill(bytes);
    }
}

struct FusedRules(Arc<Fuse>);

impl NotificationRules for FusedRules {
    fn classify<'a>(
        &'a self,
        arrival: &'a Arrival<'a>,
        _: &'a mut Write,
    ) -> BoxFuture<'a, db::Result<Classified>> {
        Box::pin(async move {
            self.0.call();
            let _: &Pdu = arrival.event;
            Ok(Classified::default())
        })
    }

    fn committed(&self, _: RoomNum, _: i64, _: &Classified) {
        self.0.call();
    }

    fn purged(&self, _: RoomNum, _: i64) {
        self.0.call();
    }
}

async fn say(rooms: &Arc<Rooms>, room: &OwnedRoomId, name: &str) -> bool {
    let (rooms, room, name) = (Arc::clone(rooms), room.clone(), name.to_owned());
    // As a request: a panic of the caller's own part ends the task alone.
    let task = tokio::spawn(async move {
        let transaction = Transaction { device_id: "D", transaction_id: &name };
        let content = object(json!({ "body": name }));
        rooms.send(&user("alice"), &room, "m.room.message", transaction, content).await.is_ok()
    });
    let done = tokio::time::timeout(Duration::from_secs(5), task).await;
    done.expect("an answer within five seconds").unwrap_or(false)
}

async fn messages(rooms: &Arc<Rooms>, room: &OwnedRoomId) -> Vec<String> {
    let filter =
        protocol::filter::RoomEventFilter::parse(br#"{"types":["m.room.message"]}"#).unwrap();
    let direction = store::events::Direction::Forward;
    let query = MessagesQuery { from: None, to: None, direction, limit: 1_000, filter };
    let page = rooms.messages(&user("alice"), room, &query).await.unwrap();
    let body = |event: &Arc<crate::Event>| {
        let content: serde_json::Value = event.pdu.content_as().unwrap();
        content["body"].as_str().unwrap().to_owned()
    };
    page.events.iter().map(body).collect()
}

#[tokio::test]
async fn a_panic_at_any_point_leaves_the_room_usable_and_loses_nothing() {
    for database in db::testing::engines().await {
        let fuse = Arc::new(Fuse::default());
        let clock = Arc::new(FusedClock(Arc::clone(&fuse), MockClock::default()));
        let entropy = Arc::new(FusedEntropy(Arc::clone(&fuse), SeededEntropy::new(1)));
        let store = Store::open(database.open().await, clock, entropy).await.unwrap();
        let rules: Arc<dyn NotificationRules> = Arc::new(FusedRules(Arc::clone(&fuse)));
        let rooms = with_rules(&store, rules);
        let room =
            rooms.create_room(&user("alice"), CreateRoom::of(Preset::PublicChat)).await.unwrap();
        let (mut acknowledged, mut blown) = (Vec::new(), 0);
        for calls in 1..50 {
            fuse.set(calls);
            let name = format!("armed-{calls}");
            let is_sent = say(&rooms, &room, &name).await;
            let is_whole = fuse.is_whole();
            fuse.set(0);
            if is_sent {
                acknowledged.push(name.clone());
            }
            // Repeated, as clients do, it is there once; and others get through at once.
            for name in [name, format!("after-{calls}")] {
                assert!(say(&rooms, &room, &name).await, "{name}");
                if acknowledged.last() != Some(&name) {
                    acknowledged.push(name);
                }
            }
            if is_whole {
                break;
            }
            blown += 1;
        }
        assert!(blown >= 3, "the fuse is on the way: {blown}");
        assert_eq!(messages(&rooms, &room).await, acknowledged);
        let again = with_rules(&store, Arc::new(FusedRules(Arc::clone(&fuse))));
        assert_eq!(messages(&again, &room).await, acknowledged);
        // The same for a room that is being made: the next one is.
        for calls in 1..50 {
            fuse.set(calls);
            let maker = Arc::clone(&rooms);
            let making = tokio::spawn(async move {
                maker.create_room(&user("alice"), CreateRoom::of(Preset::PublicChat)).await.is_ok()
            });
            let _ = tokio::time::timeout(Duration::from_secs(5), making).await.expect("an answer");
            let is_whole = fuse.is_whole();
            fuse.set(0);
            let next = rooms
                .create_room(&user("alice"), CreateRoom::of(Preset::PublicChat))
                .await
                .unwrap();
            assert!(say(&rooms, &next, "hello").await);
            if is_whole {
                break;
            }
        }
    }
}
