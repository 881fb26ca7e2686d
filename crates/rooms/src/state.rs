//! The state of a room in memory, by type and state key.
use std::{collections::BTreeMap, sync::Arc};

use event_auth::PowerLevels;
use protocol::Pdu;

use crate::event::Event;

const POWER_LEVELS: &str = "m.room.power_levels";

/// The events of one type, by state key.
type OfType = Arc<BTreeMap<Arc<str>, Arc<Event>>>;

/// Which event each (type, state key) holds. Cloning it costs nothing; changing a clone copies the keys of one type.
#[derive(Clone, Debug, Default)]
pub struct RoomState {
    types: Arc<BTreeMap<Arc<str>, OfType>>,
    /// The content of the room's power levels: every event that is sent is judged by it.
    power_levels: Option<Arc<PowerLevels>>,
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

    /// The power levels, if an event sets them and they are well-formed.
    #[must_use]
    pub fn power_levels(&self) -> Option<&Arc<PowerLevels>> {
        self.power_levels.as_ref()
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
        if event.is_state(POWER_LEVELS, "") {
            let levels = PowerLevels::parse(event.pdu.room_version(), event.pdu.content());
            // Malformed levels are judged, and refused, where they are asked for.
            self.power_levels = levels.ok().map(Arc::new);
        }
        let types = Arc::make_mut(&mut self.types);
        let events = match types.get_mut(event.pdu.kind()) {
            Some(events) => events,
            None => types.entry(event.pdu.kind().into()).or_default(),
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
        let events = Arc::make_mut(&mut self.types).get_mut(kind)?;
        let removed = Arc::make_mut(events).remove(state_key)?;
        if kind == POWER_LEVELS && state_key.is_empty() {
            self.power_levels = None;
        }
        self.len -= 1;
        self.bytes = self.bytes.saturating_sub(removed.memory_bytes());
        Some(removed)
    }
}

impl event_auth::State for RoomState {
    fn get(&self, kind: &str, state_key: &str) -> Option<&Pdu> {
        Self::get(self, kind, state_key).map(|event| &event.pdu)
    }

    fn power_levels(&self) -> Option<&PowerLevels> {
        self.power_levels.as_deref()
    }
}
