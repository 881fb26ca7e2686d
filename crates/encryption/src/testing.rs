//! What the tests share: a server on each engine, and devices that can sign.
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use ::rooms::Moves;
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use clock::MockClock;
use db::{Write, testing::TestDatabase};
use ed25519_dalek::{Signer as _, SigningKey};
use entropy::SeededEntropy;
use parking_lot::Mutex;
use protocol::{
    canonical::{self, Object, Value},
    ids::{DeviceId, OwnedDeviceId, OwnedUserId, UserId},
};
use serde_json::json;
use store::{RoomNum, Store, UserNum, devices};

use crate::{Device, Encryption, SharedRooms, SharingFuture};

/// Rooms that a test fills.
#[derive(Default)]
pub(crate) struct TestRooms {
    pub(crate) joined: Mutex<BTreeMap<RoomNum, BTreeSet<UserNum>>>,
    /// Who has joined or left a room.
    pub(crate) moved: Mutex<Vec<UserNum>>,
}

impl SharedRooms for TestRooms {
    fn joined_rooms(&self, user: UserNum) -> SharingFuture<'_, Vec<RoomNum>> {
        let joined = self.joined.lock();
        let rooms = joined.iter().filter(|(_, users)| users.contains(&user)).map(|(room, _)| *room);
        let rooms = rooms.collect();
        Box::pin(async move { Ok(rooms) })
    }

    fn sharing_with<'a>(
        &'a self,
        user: UserNum,
        others: &'a [UserNum],
    ) -> SharingFuture<'a, BTreeSet<UserNum>> {
        let joined = self.joined.lock();
        let together = |other: &UserNum| {
            joined.values().any(|users| users.contains(&user) && users.contains(other))
        };
        let sharing = others.iter().copied().filter(together).collect();
        Box::pin(async move { Ok(sharing) })
    }

    fn moves(&self, user: UserNum, _: i64, _: i64) -> SharingFuture<'_, Moves> {
        let moved = self.moved.lock().clone();
        Box::pin(async move {
            let together = self.sharing_with(user, &moved).await?;
            let apart = moved.into_iter().filter(|one| !together.contains(one)).collect();
            Ok(Moves { together, apart })
        })
    }
}

pub(crate) struct TestServer {
    pub(crate) encryption: Arc<Encryption>,
    pub(crate) store: Store,
    pub(crate) rooms: Arc<TestRooms>,
    pub(crate) clock: Arc<MockClock>,
}

impl TestServer {
    async fn new(database: &TestDatabase) -> Self {
        let clock = Arc::new(MockClock::at_ms(1_700_000_000_000));
        let db = database.open().await;
        let store = Store::open(db, clock.clone(), SeededEntropy::shared(1));
        let store = store.await.unwrap();
        let rooms = Arc::<TestRooms>::default();
        let encryption = service(&store, &rooms);
        Self { encryption, store, rooms, clock }
    }

    /// The same server after a restart: nothing is left in memory.
    pub(crate) fn restarted(&self) -> Arc<Encryption> {
        service(&self.store, &self.rooms)
    }

    /// Logs a user in with a device.
    pub(crate) async fn device(&self, user_id: &str, device_id: &str) -> TestDevice {
        let user_id = UserId::parse(user_id).unwrap();
        let mut write = Write::new();
        let user = self.store.interner.user(&mut write, &user_id).await.unwrap();
        devices::insert(&mut write, user, device_id, Some("a phone"), 1);
        self.store.write(write).await.unwrap();
        let seed = user_id.as_str().bytes().chain(device_id.bytes());
        let seed = seed.fold([7_u8; 32], |mut seed, byte| {
            seed.rotate_left(1);
            seed[0] = seed[0].wrapping_mul(31).wrapping_add(byte);
            seed
        });
        TestDevice {
            user,
            user_id,
            device_id: device_id.into(),
            key: SigningKey::from_bytes(&seed),
        }
    }

    /// Deletes a device as accounts does.
    pub(crate) async fn delete(&self, device: &TestDevice) {
        let mut write = Write::new();
        devices::delete(&mut write, device.user, device.device_id.as_str());
        let gone = [device.device_id.to_string()];
        let after = self.encryption.devices_deleted(&mut write, device.user, &gone).await.unwrap();
        let committed = self.store.write(write).await.unwrap();
        let changes = after(&committed);
        self.store.changes.publish(committed.publication, &changes);
    }

    pub(crate) fn position(&self) -> i64 {
        self.store.changes.position()
    }

    /// Puts users into one room.
    pub(crate) fn join(&self, room: i64, devices: &[&TestDevice]) {
        let users = devices.iter().map(|device| device.user).collect();
        self.rooms.joined.lock().insert(RoomNum(room), users);
    }
}

fn service(store: &Store, rooms: &Arc<TestRooms>) -> Arc<Encryption> {
    let name = protocol::ids::ServerName::parse("server.example").unwrap();
    Arc::new(Encryption::new(store.clone(), name, Arc::clone(rooms) as Arc<dyn SharedRooms>))
}

/// Runs a test on a fresh server on each engine.
pub(crate) async fn on_each_engine(test: impl AsyncFn(TestServer)) {
    for database in db::testing::engines().await {
        test(TestServer::new(&database).await).await;
    }
}

/// A logged-in device with its identity key.
pub(crate) struct TestDevice {
    pub(crate) user: UserNum,
    pub(crate) user_id: OwnedUserId,
    pub(crate) device_id: OwnedDeviceId,
    pub(crate) key: SigningKey,
}

impl TestDevice {
    pub(crate) fn as_device(&self) -> Device<'_> {
        Device { user: self.user, user_id: &self.user_id, device_id: &self.device_id }
    }

    pub(crate) fn id(&self) -> &DeviceId {
        &self.device_id
    }

    pub(crate) fn key_name(&self) -> String {
        format!("ed25519:{}", self.device_id)
    }

    /// Identity keys, signed by themselves.
    pub(crate) fn device_keys(&self) -> Object {
        let keys = object(&json!({
            "user_id": self.user_id,
            "device_id": self.device_id,
            "algorithms": ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"],
            "keys": {
                (self.key_name()): public_key(&self.key),
                (format!("curve25519:{}", self.device_id)): base64(&[9; 32]),
            },
        }));
        sign(keys, &self.user_id, &self.key_name(), &self.key)
    }

    pub(crate) fn one_time_key(&self, seed: u8) -> Value {
        let key = object(&json!({ "key": base64(&[seed; 32]) }));
        Value::Object(sign(key, &self.user_id, &self.key_name(), &self.key))
    }

    /// A cross-signing key of the device's user, signed by `signer` if one is given.
    pub(crate) fn cross_signing_key(
        &self,
        usage: &str,
        key: &SigningKey,
        signer: Option<&SigningKey>,
    ) -> Object {
        let name = public_key(key);
        let object = object(&json!({
            "user_id": self.user_id, "usage": [usage], "keys": { (format!("ed25519:{name}")): name },
        }));
        match signer {
            Some(signer) => {
                let name = format!("ed25519:{}", public_key(signer));
                sign(object, &self.user_id, &name, signer)
            }
            None => object,
        }
    }
}

pub(crate) fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

pub(crate) fn public_key(key: &SigningKey) -> String {
    base64(key.verifying_key().as_bytes())
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    STANDARD_NO_PAD.encode(bytes)
}

pub(crate) fn object(value: &serde_json::Value) -> Object {
    canonical::object_from(value).unwrap()
}

/// Adds a signature to `object`.
pub(crate) fn sign(mut object: Object, user_id: &UserId, name: &str, key: &SigningKey) -> Object {
    let signatures = object.remove("signatures");
    let signature = base64(&key.sign(canonical::to_string(&object).as_bytes()).to_bytes());
    let mut signatures = match signatures {
        Some(Value::Object(signatures)) => signatures,
        _ => Object::new(),
    };
    let of_user = signatures.entry(user_id.to_string()).or_insert(Value::Object(Object::new()));
    let Value::Object(of_user) = of_user else { panic!("signatures") };
    of_user.insert(name.to_owned(), Value::String(signature));
    object.insert("signatures".to_owned(), Value::Object(signatures));
    object
}
