//! What is kept in memory of users who sync by sliding windows: their connections and the order of their rooms.
//!
//! It is bounded: connections of a device by their number, all together by their bytes, and each by the time that it
//! is not used. A connection that is new or has not been used for a minute is written to the database, as all are when
//! the server stops; from there it comes back. A client whose connection is nowhere is answered `M_UNKNOWN_POS` and starts
//! again: after a crash, and after [`STORED_MS_MAX`].
use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use db::Write;
use parking_lot::Mutex;
use store::{
    UserNum,
    sliding_connections::{self as table, SlidingConnectionRow},
};

use super::{connection::Connection, order::Order, own::Own, rules::Rules, stored};
use crate::{client::Client, error::Result, service::Sync};

/// The most connections of one device. One more takes the place of the one that was not used for longest.
const CONNECTIONS_MAX: u32 = 8;

/// A connection that has not been used for so long is stored.
const SAVED_AFTER_MS: i64 = 60 * 1_000;

/// So many connections are stored in one write.
const SAVED_AT_ONCE: usize = 16;

/// A connection that has not been used for so long is no longer kept in memory.
const IDLE_MS_MAX: i64 = 30 * 60 * 1_000;

/// A connection that has not been used for so long is forgotten.
const STORED_MS_MAX: i64 = 30 * 24 * 60 * 60 * 1_000;

/// How often those are looked for.
const CLEANED_EVERY_MS: i64 = 60 * 60 * 1_000;

/// The most bytes that all connections and orders may occupy.
const BYTES_MAX: usize = 48 << 20;

/// All users who sync by sliding windows.
#[derive(Default)]
pub(crate) struct Memory {
    users: Mutex<HashMap<UserNum, Arc<UserMemory>>>,
    /// Each of the rules that connections refer to, once: clients of one make ask for the same.
    rules: Mutex<HashSet<Arc<Rules>>>,
    /// When the connections that are stored were looked through last (Unix ms).
    cleaned: AtomicI64,
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

    /// Those who were used lately come first.
    fn users(&self) -> Vec<(UserNum, Arc<UserMemory>)> {
        let mut users: Vec<(UserNum, Arc<UserMemory>)> =
            self.users.lock().iter().map(|(user, memory)| (*user, Arc::clone(memory))).collect();
        users.sort_unstable_by_key(|(_, memory)| {
            std::cmp::Reverse(memory.used.load(Ordering::Relaxed))
        });
        users
    }

    /// The connections with something that is not stored, not used since `used_ms`; and those of which nothing is stored
    /// yet, so that after a crash it is known what the client knows.
    fn unsaved(&self, used_ms: i64) -> Vec<Unsaved> {
        let mut unsaved = Vec::new();
        for (user, memory) in self.users() {
            for (key, connection) in memory.connections.lock().iter() {
                // What is in use is not idle.
                let Ok(state) = connection.state.try_lock() else { continue };
                let is_saved = connection.saved.load(Ordering::Relaxed) == state.last_serial;
                let is_idle = connection.used.load(Ordering::Relaxed) <= used_ms;
                let is_first = connection.saved.load(Ordering::Relaxed) == 0;
                if !is_saved && (is_idle || is_first) {
                    let connection = Arc::clone(connection);
                    unsaved.push(Unsaved { user, key: key.clone(), connection });
                }
            }
        }
        unsaved
    }

    /// Gives up what was not used for long, and if that is not enough, what was not used for longest.
    fn shrink(&self, now_ms: i64) {
        let mut bytes = 0_usize;
        for (user, memory) in self.users() {
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

/// A connection with something that is not stored.
struct Unsaved {
    user: UserNum,
    key: Key,
    connection: Arc<Connection>,
}

impl Sync {
    /// The connection of this name, from memory or from the database.
    pub(super) async fn connection(
        &self,
        memory: &UserMemory,
        client: &Client,
        conn_id: &str,
    ) -> Result<Option<Arc<Connection>>> {
        let key = Key::new(client.device(), conn_id);
        if let Some(connection) = memory.connections.lock().get(&key) {
            return Ok(Some(Arc::clone(connection)));
        }
        let row = table::find(&self.store.db, client.user_num, client.device(), conn_id).await?;
        let Some(row) = row else { return Ok(None) };
        let state = stored::decode(&row.state, |rules| self.sliding.shared(rules));
        let (Some(state), Ok(number)) = (state, u64::try_from(row.connection)) else {
            return Ok(None);
        };
        let connection = Arc::new(Connection::new(number, self.store.clock.now_ms(), state));
        Ok(Some(memory.keep_if_absent(key, connection)))
    }

    /// Stores connections that are not used, and gives up the memory of those that were not used for long. Called once
    /// a minute.
    ///
    /// # Errors
    /// Fails if the database fails; then nothing is given up.
    pub async fn sweep(&self) -> Result<()> {
        let now_ms = self.store.clock.now_ms();
        self.save(now_ms - SAVED_AFTER_MS).await?;
        self.sliding.shrink(now_ms);
        let cleaned = self.sliding.cleaned.load(Ordering::Relaxed);
        if now_ms - cleaned > CLEANED_EVERY_MS {
            let mut write = Write::new();
            table::delete_unused(&mut write, now_ms - STORED_MS_MAX);
            self.write_quietly(write).await?;
            self.sliding.cleaned.store(now_ms, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Stores every connection: the server stops.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn save_all(&self) -> Result<()> {
        self.save(i64::MAX).await
    }

    async fn save(&self, used_ms: i64) -> Result<()> {
        for connections in self.sliding.unsaved(used_ms).chunks(SAVED_AT_ONCE) {
            let mut write = Write::new();
            let mut saved = Vec::new();
            for Unsaved { user, key, connection } in connections {
                let state = connection.state.lock().await;
                let row = SlidingConnectionRow {
                    user: *user,
                    device_id: key.device_id.to_string(),
                    conn_id: key.conn_id.to_string(),
                    connection: i64::try_from(connection.number).unwrap_or_default(),
                    used_ts: connection.used.load(Ordering::Relaxed),
                    state: stored::encode(&state)?,
                };
                table::set(&mut write, &row);
                table::trim(&mut write, *user, &key.device_id, CONNECTIONS_MAX);
                saved.push((connection, state.last_serial));
            }
            self.write_quietly(write).await?;
            for (connection, serial) in saved {
                connection.saved.store(serial, Ordering::Relaxed);
            }
        }
        Ok(())
    }

    /// Commits what nobody is told of.
    async fn write_quietly(&self, write: Write) -> Result<()> {
        let committed = self.store.write(write).await.map_err(db::Error::from)?;
        self.store.changes.publish(committed.publication, &[]);
        Ok(())
    }
}

impl UserMemory {
    fn keep_if_absent(&self, key: Key, connection: Arc<Connection>) -> Arc<Connection> {
        Arc::clone(self.connections.lock().entry(key).or_insert(connection))
    }

    /// Keeps a new connection, in the place of an older one of this name.
    pub(super) fn keep(&self, device_id: &str, conn_id: &str, connection: Arc<Connection>) {
        let mut connections = self.connections.lock();
        connections.insert(Key::new(device_id, conn_id), connection);
        let of_device = connections.iter().filter(|(key, _)| *key.device_id == *device_id);
        if of_device.clone().count() > CONNECTIONS_MAX as usize {
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
