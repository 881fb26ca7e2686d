//! What the tests share: a server on each engine, with users and rooms.
use std::sync::Arc;

use clock::MockClock;
use db::{Value, Write, testing::TestDatabase};
use entropy::SeededEntropy;
use protocol::{
    canonical::{self, Object},
    ids::{OwnedEventId, OwnedRoomId, OwnedUserId, RoomId, UserId},
    signing::{ServerKey, Signer},
};
use store::{RoomNum, Store};

use crate::{
    CreateRoom, Preset, Rooms, Settings, Transaction,
    notifications::{Arrival, BoxFuture, Classified, NotificationRules},
};

pub(crate) mod peer;

/// Every message notifies.
pub(crate) struct EveryMessage;

impl NotificationRules for EveryMessage {
    fn classify<'a>(
        &'a self,
        arrival: &'a Arrival<'a>,
        _: &'a mut Write,
    ) -> BoxFuture<'a, db::Result<Classified>> {
        let _: &Value = arrival.position;
        let notifies = arrival.event.kind() == "m.room.message";
        Box::pin(async move { Ok(Classified { notifies, ..Classified::default() }) })
    }

    fn committed(&self, _: RoomNum, _: i64, _: &Classified) {}

    fn purged(&self, _: RoomNum, _: i64) {}
}

pub(crate) struct TestServer {
    pub(crate) rooms: Arc<Rooms>,
    pub(crate) store: Store,
    pub(crate) clock: Arc<MockClock>,
}

/// A fresh server on each engine; the databases live as long as what comes with them.
pub(crate) async fn servers() -> Vec<(TestServer, TestDatabase)> {
    let mut servers = Vec::new();
    for database in db::testing::engines().await {
        servers.push((TestServer::new(&database).await, database));
    }
    servers
}

impl TestServer {
    async fn new(database: &TestDatabase) -> Self {
        let clock = Arc::new(MockClock::at_ms(1_700_000_000_000));
        let db = database.open().await;
        let store = Store::open(db, clock.clone(), SeededEntropy::shared(1)).await.unwrap();
        let rooms = service(&store);
        Self { rooms, store, clock }
    }

    /// The same server after a restart: nothing is left in memory.
    pub(crate) fn restarted(&self) -> Arc<Rooms> {
        service(&self.store)
    }

    /// The same server after a restart, with other rules.
    pub(crate) fn with_rules(&self, rules: Arc<dyn NotificationRules>) -> Arc<Rooms> {
        with_rules(&self.store, rules)
    }

    pub(crate) async fn room(&self, creator: &str, preset: Preset) -> OwnedRoomId {
        self.rooms.create_room(&user(creator), CreateRoom::of(preset)).await.unwrap()
    }

    pub(crate) async fn say(&self, sender: &str, room: &RoomId, body: &str) -> OwnedEventId {
        self.clock.advance_ms(1);
        let transaction = Transaction { device_id: "D", transaction_id: body };
        let content = object(serde_json::json!({ "msgtype": "m.text", "body": body }));
        self.rooms.send(&user(sender), room, "m.room.message", transaction, content).await.unwrap()
    }
}

fn service(store: &Store) -> Arc<Rooms> {
    with_rules(store, Arc::new(EveryMessage))
}

/// The service, with other push rules.
pub(crate) fn with_rules(store: &Store, rules: Arc<dyn NotificationRules>) -> Arc<Rooms> {
    let key = ServerKey::from_seed("test", [7; 32]).unwrap();
    let signer = Arc::new(Signer::new("example.org".try_into().unwrap(), key));
    Rooms::new(store.clone(), signer, Settings::default(), rules)
}

pub(crate) fn user(localpart: &str) -> OwnedUserId {
    UserId::parse(format!("@{localpart}:example.org")).unwrap()
}

#[expect(clippy::needless_pass_by_value, reason = "tests hand in json!(…)")]
pub(crate) fn object(value: serde_json::Value) -> Object {
    canonical::object_from(&value).unwrap()
}
