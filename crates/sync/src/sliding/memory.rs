//! What is kept in memory of users who sync by sliding windows: their connections and the order of their rooms.
//!
//! It is bounded: connections of a device by their number, all together by their bytes, and each by the time that it
//! is not used. A client whose connection is gone is answered `M_UNKNOWN_POS` and starts again.
use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use parking_lot::Mutex;
use store::UserNum;

use super::{connection::Connection, order::Order, own::Own, rules::Rules};

/// The most connections of one device. One more takes the place of the one that was not used for longest.
const CONNECTIONS_MAX: usize = 8;

/// A connection that has not been used for so long is given up.
const IDLE_MS_MAX: i64 = 60 * 60 * 1_000;

/// The most bytes that all connections and orders may occupy.
const BYTES_MAX: usize = 48 << 20;

/// All users who sync by sliding windows.
#[derive(Default)]
pub(crate) struct Memory {
    users: Mutex<HashMap<UserNum, Arc<UserMemory>>>,
    /// Each of the rules that connections refer to, once: clients of one make ask for the same.
    rules: Mutex<HashSet<Arc<Rules>>>,
}

/// One user.
#[derive(Default)]
pub(super) struct UserMemory {
    pub(super) order: tokio::sync::Mutex<(Order, Own)>,
    connections: Mutex<HashMap<Key, Arc<Connection>>>,
    used: AtomicI64,
}

/// A device, and the name that it has given to a connection.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    device_id: Box<str>,
    conn_id: Box<str>,
}

impl Memory {
    pub(super) fn user(&self, user: UserNum, now_ms: i64) -> Arc<UserMemory> {
        let memory = Arc::clone(self.users.lock().entry(user).or_default());
        memory.used.store(now_ms, Ordering::Relaxed);
        memory
    }

    /// The one copy of these rules.
    pub(super) fn shared(&self, rules: &Arc<Rules>) -> Arc<Rules> {
        let mut all = self.rules.lock();
        if let Some(shared) = all.get(rules) {
            return Arc::clone(shared);
        }
        all.insert(Arc::clone(rules));
        Arc::clone(rules)
    }

    /// Gives up what was not used for long, and if that is not enough, what was not used for longest. Called once a
    /// minute.
    pub(super) fn sweep(&self, now_ms: i64) {
        let mut users: Vec<(UserNum, Arc<UserMemory>)> =
            self.users.lock().iter().map(|(user, memory)| (*user, Arc::clone(memory))).collect();
        users.sort_unstable_by_key(|(_, memory)| {
            std::cmp::Reverse(memory.used.load(Ordering::Relaxed))
        });
        let mut bytes = 0_usize;
        for (user, memory) in users {
            memory.connections.lock().retain(|_, connection| {
                connection.used.load(Ordering::Relaxed) > now_ms - IDLE_MS_MAX
            });
            bytes = bytes.saturating_add(memory.memory_bytes());
            let is_idle = memory.used.load(Ordering::Relaxed) <= now_ms - IDLE_MS_MAX;
            if is_idle || bytes > BYTES_MAX {
                self.users.lock().remove(&user);
            }
        }
        self.rules.lock().retain(|rules| Arc::strong_count(rules) > 1);
    }
}

impl UserMemory {
    /// The connection of this name.
    pub(super) fn connection(&self, device_id: &str, conn_id: &str) -> Option<Arc<Connection>> {
        self.connections.lock().get(&Key::new(device_id, conn_id)).cloned()
    }

    /// Keeps a new connection, in the place of an older one of this name.
    pub(super) fn keep(&self, device_id: &str, conn_id: &str, connection: Arc<Connection>) {
        let mut connections = self.connections.lock();
        connections.insert(Key::new(device_id, conn_id), connection);
        let of_device = connections.iter().filter(|(key, _)| *key.device_id == *device_id);
        if of_device.clone().count() > CONNECTIONS_MAX {
            let oldest = of_device
                .min_by_key(|(_, connection)| connection.used.load(Ordering::Relaxed))
                .map(|(key, _)| key.clone());
            if let Some(oldest) = oldest {
                connections.remove(&oldest);
            }
        }
    }

    /// The bytes it occupies, about. What is being used right now is not looked at: it counts the next time.
    fn memory_bytes(&self) -> usize {
        let order = self
            .order
            .try_lock()
            .map_or(0, |order| order.0.memory_bytes() + order.1.memory_bytes());
        let connections = self.connections.lock();
        let states = connections.values().filter_map(|connection| connection.state.try_lock().ok());
        size_of::<Self>() + order + states.map(|state| state.memory_bytes()).sum::<usize>()
    }
}

impl Key {
    fn new(device_id: &str, conn_id: &str) -> Self {
        Self { device_id: device_id.into(), conn_id: conn_id.into() }
    }
}
