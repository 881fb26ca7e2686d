//! The state of a room in memory, by type and state key.
use std::{collections::BTreeMap, sync::Arc};

use protocol::Pdu;

use crate::event::Event;

/// The events of one type, by state key.
type OfType = Arc<BTreeMap<Arc<str>, Arc<Event>>>;

/// Which event each (type, state key) holds. Cloning it costs as much as the room has types of state, not members.
#[derive(Clone, Debug, Default)]
pub struct RoomState {
    types: BTreeMap<Arc<str>, OfType>,
    len: usize,
    bytes: usize,
}

impl RoomState {
    /// The event of one key.
    #[must_use]
    pub fn get(&self, kind: &str, state_key: &str) -> Option<&Arc<Event>> {
        self.types.get(kind)?.get(state_key)
    }

    /// Every event of one type, by state key.
    pub fn of_type<'a>(
        &'a self,
        kind: &str,
    ) -> impl Iterator<Item = (&'a Arc<str>, &'a Arc<Event>)> + use<'a> {
        self.types.get(kind).into_iter().flat_map(|events| events.iter())
    }

    /// Every event.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Event>> {
        self.types.values().flat_map(|events| events.values())
    }

    /// How many keys are set.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing is set: a room that is being created.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The bytes it occupies in memory, about.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.bytes
    }

    /// Sets the key that `event` is for; returns what was there. An event that is no state event changes nothing.
    pub fn set(&mut self, event: Arc<Event>) -> Option<Arc<Event>> {
        let state_key: Arc<str> = event.pdu.state_key()?.into();
        let bytes = event.memory_bytes();
        let events = match self.types.get_mut(event.pdu.kind()) {
            Some(events) => events,
            None => self.types.entry(event.pdu.kind().into()).or_default(),
        };
        let replaced = Arc::make_mut(events).insert(state_key, event);
        self.bytes += bytes;
        match &replaced {
            Some(replaced) => self.bytes = self.bytes.saturating_sub(replaced.memory_bytes()),
            None => self.len += 1,
        }
        replaced
    }

    /// Removes a key; returns what was there.
    pub fn remove(&mut self, kind: &str, state_key: &str) -> Option<Arc<Event>> {
        let events = self.types.get_mut(kind)?;
        let removed = Arc::make_mut(events).remove(state_key)?;
        self.len -= 1;
        self.bytes = self.bytes.saturating_sub(removed.memory_bytes());
        Some(removed)
    }
}

impl event_auth::State for RoomState {
    fn get(&self, kind: &str, state_key: &str) -> Option<&Pdu> {
        Self::get(self, kind, state_key).map(|event| &event.pdu)
    }
}
