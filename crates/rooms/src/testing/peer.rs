//! Several servers with parts in the same room, without any network: each hands its events to the others.
use std::{collections::BTreeMap, sync::Arc};

use clock::MockClock;
use db::testing::TestDatabase;
use entropy::SeededEntropy;
use protocol::{
    Pdu, RoomVersion,
    ids::{EventId, OwnedEventId, OwnedRoomId, OwnedUserId, ServerName},
    signing::{KeyRing, PublicKey, ServerKey, Signer, Verified, VerifyKey, verify},
};
use store::{
    Store,
    events::{self, Direction, Status},
    state_versions,
};

use super::EveryMessage;
use crate::{Received, Rooms, Settings};

/// The names of the servers; each has one user, whose name is the first letter.
pub(crate) const NAMES: [&str; 3] = ["a.example", "b.example", "c.example"];

/// One of the servers.
pub(crate) struct Peer {
    pub(crate) rooms: Arc<Rooms>,
    pub(crate) store: Store,
    pub(crate) clock: Arc<MockClock>,
    pub(crate) user: OwnedUserId,
    name: &'static str,
    seed: u8,
    _database: TestDatabase,
}

/// The keys of all servers.
pub(crate) struct Keys;

impl KeyRing for Keys {
    fn verify_key(&self, server: &ServerName, _: &str) -> Option<VerifyKey> {
        let seed = NAMES.iter().position(|name| *name == server.as_str())?;
        let key = PublicKey(key(u8::try_from(seed).unwrap()).public_key());
        Some(VerifyKey { key, valid_until_ms: i64::MAX })
    }
}

fn key(seed: u8) -> ServerKey {
    ServerKey::from_seed("test", [seed; 32]).unwrap()
}

/// The servers, once on each engine.
pub(crate) async fn peers() -> Vec<Vec<Peer>> {
    let mut engines: Vec<Vec<Peer>> = Vec::new();
    for (seed, name) in NAMES.into_iter().enumerate() {
        for (engine, database) in db::testing::engines().await.into_iter().enumerate() {
            if engines.len() <= engine {
                engines.push(Vec::new());
            }
            engines[engine].push(Peer::new(u8::try_from(seed).unwrap(), name, database).await);
        }
    }
    engines
}

impl Peer {
    async fn new(seed: u8, name: &'static str, database: TestDatabase) -> Self {
        let clock = Arc::new(MockClock::at_ms(1_700_000_000_000));
        let entropy = SeededEntropy::shared(seed.into());
        let store = Store::open(database.open().await, clock.clone(), entropy).await.unwrap();
        let user = format!("@{}:{name}", &name[..1]).try_into().unwrap();
        let rooms = service(&store, name, seed);
        Self { rooms, store, clock, user, name, seed, _database: database }
    }

    /// The same server after a restart.
    pub(crate) fn restart(&mut self) {
        self.rooms = service(&self.store, self.name, self.seed);
    }

    /// What signs for this server.
    pub(crate) fn signer(&self) -> Signer {
        Signer::new(self.name.try_into().unwrap(), key(self.seed))
    }

    /// Every accepted event of a room, oldest first.
    pub(crate) async fn timeline(&self, room: &OwnedRoomId) -> Vec<Sent> {
        let num = self.store.interner.find_room(room).await.unwrap().unwrap();
        let forward = Direction::Forward;
        let rows = events::timeline(&self.store.db, num, i64::MIN, i64::MAX, forward, 10_000).await;
        rows.unwrap().into_iter().map(|row| Sent(row.json)).collect()
    }

    /// The newest event of a room.
    pub(crate) async fn newest(&self, room: &OwnedRoomId) -> Sent {
        self.timeline(room).await.pop().unwrap()
    }

    pub(crate) async fn receive(&self, sent: &Sent, version: RoomVersion) -> Received {
        self.rooms.receive(sent.verified(version)).await.unwrap()
    }

    /// Hands in events in this order; those that come too early are handed in again later.
    pub(crate) async fn receive_all(&self, sent: &[Sent], version: RoomVersion) {
        let mut waiting: Vec<&Sent> = sent.iter().collect();
        while !waiting.is_empty() {
            let before = waiting.len();
            let mut early = Vec::new();
            for one in waiting {
                if matches!(self.receive(one, version).await, Received::Missing(_)) {
                    early.push(one);
                }
            }
            assert!(early.len() < before, "events that nothing can come before");
            waiting = early;
        }
    }

    /// What this server has made of an event, and the state after it.
    pub(crate) async fn verdict(&self, id: &EventId) -> (Status, BTreeMap<String, OwnedEventId>) {
        let event = self.rooms.event(id).await.unwrap().unwrap();
        let version = event.state_version.unwrap();
        let map = state_versions::state(&self.store.db, version).await.unwrap();
        let numbers: Vec<_> = map.into_values().collect();
        let state = self.rooms.events(&numbers).await.unwrap();
        (event.status, state.iter().map(|event| named(&event.pdu)).collect())
    }

    /// The ends of the timeline, and the current state: as it is in memory, in the table, and as a version.
    pub(crate) async fn now(
        &self,
        room: &OwnedRoomId,
    ) -> (Vec<OwnedEventId>, BTreeMap<String, OwnedEventId>) {
        let room = self.rooms.room(room).await.unwrap();
        let facts = room.facts(&self.rooms).await.unwrap();
        let state: BTreeMap<_, _> = facts.state.iter().map(|event| named(&event.pdu)).collect();
        let rows = store::current_state::all(&self.store.db, room.num).await.unwrap();
        let mut stored: Vec<_> = rows.iter().map(|row| row.event_num).collect();
        let version = state_versions::state(&self.store.db, facts.head.state_version).await;
        let mut of_version: Vec<_> = version.unwrap().into_values().collect();
        let mut known: Vec<_> = facts.state.iter().map(|event| event.num).collect();
        for list in [&mut stored, &mut of_version, &mut known] {
            list.sort_unstable();
        }
        assert_eq!((&stored, &of_version), (&known, &known), "memory, table and version agree");
        let mut ends: Vec<_> = facts.extremity_ids.iter().map(|(_, id)| id.clone()).collect();
        ends.sort();
        (ends, state)
    }
}

/// An event on its way between servers.
#[derive(Clone, Debug)]
pub(crate) struct Sent(pub(crate) String);

impl Sent {
    pub(crate) fn verified(&self, version: RoomVersion) -> Verified<Pdu> {
        verify(self.0.as_bytes(), version, &Keys).unwrap()
    }

    pub(crate) fn id(&self, version: RoomVersion) -> OwnedEventId {
        self.verified(version).event_id().to_owned()
    }
}

fn named(pdu: &Pdu) -> (String, OwnedEventId) {
    let key = format!("{} {}", pdu.kind(), pdu.state_key().unwrap_or_default());
    (key, pdu.event_id().to_owned())
}

fn service(store: &Store, name: &str, seed: u8) -> Arc<Rooms> {
    let signer = Arc::new(Signer::new(name.try_into().unwrap(), key(seed)));
    Rooms::new(store.clone(), signer, Settings::default(), Arc::new(EveryMessage))
}
