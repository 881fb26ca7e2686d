//! The delayed events that wait, in memory: which is the next, and which wait for a piece of state to be set.
use std::collections::{BTreeSet, HashMap};

use parking_lot::Mutex;
use store::{
    RoomNum, UserNum,
    delayed_events::{self as table, DelayedEventRow},
};
use tokio::sync::{Notify, OnceCell};

use crate::service::Rooms;

/// A key of a room's state.
type StateKey = (RoomNum, String, String);

/// What waits.
#[derive(Default)]
pub(crate) struct Waiting {
    known: Mutex<Known>,
    /// The next one may be another.
    pub(super) changed: Notify,
    loaded: OnceCell<()>,
}

#[derive(Default)]
struct Known {
    due: BTreeSet<(i64, String)>,
    by_id: HashMap<String, Entry>,
    of_state: HashMap<StateKey, BTreeSet<String>>,
}

struct Entry {
    send_ts: i64,
    user: UserNum,
    state: Option<StateKey>,
}

impl Waiting {
    /// Learns of one that waits, or that it waits for longer.
    pub(super) fn add(&self, row: &DelayedEventRow) {
        {
            let mut known = self.known.lock();
            known.remove(&row.delay_id);
            let state_key = row.state_key.clone();
            let state = state_key.map(|key| (row.room_num, row.kind.clone(), key));
            if let Some(state) = &state {
                let waiting = known.of_state.entry(state.clone()).or_default();
                waiting.insert(row.delay_id.clone());
            }
            known.due.insert((row.send_ts(), row.delay_id.clone()));
            let entry = Entry { send_ts: row.send_ts(), user: row.user_num, state };
            known.by_id.insert(row.delay_id.clone(), entry);
        }
        self.changed.notify_one();
    }

    /// Forgets one that waits no more.
    pub(super) fn remove(&self, delay_id: &str) {
        self.known.lock().remove(delay_id);
    }

    /// When the next one is sent (Unix ms).
    pub(super) fn next(&self) -> Option<i64> {
        self.known.lock().due.first().map(|(at, _)| *at)
    }

    /// Those that are to be sent by now, the first first.
    pub(super) fn due(&self, now_ms: i64) -> Vec<String> {
        let known = self.known.lock();
        known.due.iter().take_while(|(at, _)| *at <= now_ms).map(|(_, id)| id.clone()).collect()
    }

    /// Those of others than `sender` that would set a key of the state of a room.
    pub(super) fn of_others(
        &self,
        room: RoomNum,
        kind: &str,
        state_key: &str,
        sender: UserNum,
    ) -> Vec<String> {
        let known = self.known.lock();
        if known.of_state.is_empty() {
            return Vec::new();
        }
        let ids = known.of_state.get(&(room, kind.to_owned(), state_key.to_owned()));
        let is_of_others =
            |id: &&String| known.by_id.get(*id).is_some_and(|entry| entry.user != sender);
        ids.into_iter().flatten().filter(is_of_others).cloned().collect()
    }
}

impl Known {
    fn remove(&mut self, delay_id: &str) {
        let Some(entry) = self.by_id.remove(delay_id) else { return };
        self.due.remove(&(entry.send_ts, delay_id.to_owned()));
        if let Some(state) = entry.state
            && let Some(ids) = self.of_state.get_mut(&state)
        {
            ids.remove(delay_id);
            if ids.is_empty() {
                self.of_state.remove(&state);
            }
        }
    }
}

impl Rooms {
    /// What waits; it is read from the database the first time.
    pub(crate) async fn waiting(&self) -> db::Result<&Waiting> {
        let load = || async {
            for row in table::waiting(&self.store.db).await? {
                self.delayed.add(&row);
            }
            Ok::<(), db::Error>(())
        };
        self.delayed.loaded.get_or_try_init(load).await?;
        Ok(&self.delayed)
    }
}
