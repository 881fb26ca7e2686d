//! The events that a resolution looks at, numbered, with their auth events: everything after this works on numbers.
use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use protocol::{
    Pdu, RoomVersion,
    ids::{EventId, OwnedEventId, OwnedRoomId, RoomId},
};

use super::{EventSource, Lookup, ResolveError, StateMap, Working};
use crate::{CreateContent, PowerLevels};

/// The number of an event in a [`Graph`].
pub(super) type Node = usize;

/// Events and their auth chains.
pub(super) struct Graph {
    pub(super) version: RoomVersion,
    nodes: Vec<Entry>,
    by_id: HashMap<OwnedEventId, Node>,
    /// The room's create event with its content, where both exist.
    pub(super) create: Option<(Node, CreateContent)>,
    /// Parsed contents of power levels events; `None` for malformed ones.
    power_levels: BTreeMap<Node, Option<Arc<PowerLevels>>>,
}

struct Entry {
    event: Arc<Pdu>,
    is_rejected: bool,
    /// Only those that are known.
    auth_events: Vec<Node>,
}

impl Graph {
    /// Loads the events of `states` and all their auth chains.
    pub(super) fn load(
        version: RoomVersion,
        states: &[StateMap],
        source: &impl EventSource,
        events_max: usize,
    ) -> Result<Self, ResolveError> {
        let roots: BTreeSet<&OwnedEventId> = states.iter().flat_map(BTreeMap::values).collect();
        let mut queue: Vec<OwnedEventId> = roots.into_iter().cloned().collect();
        let (by_id, create, power_levels) = (HashMap::new(), None, BTreeMap::new());
        let mut graph = Self { version, nodes: Vec::new(), by_id, create, power_levels };
        let mut seen: BTreeSet<OwnedEventId> = queue.iter().cloned().collect();
        let mut missing = Vec::new();
        let mut room: Option<OwnedRoomId> = None;
        while let Some(id) = queue.pop() {
            if seen.len() > events_max {
                return Err(ResolveError::TooMuchWork(events_max));
            }
            let (event, is_rejected) = match source.event(&id) {
                Lookup::Accepted(event) => (event, false),
                Lookup::Rejected(event) => (event, true),
                Lookup::Unknown => continue,
                Lookup::NotLoaded => {
                    missing.push(id);
                    continue;
                }
            };
            // An event of another room never allows anything (MSC4307). The first event is one of the states' own.
            if room.get_or_insert_with(|| event.room_id().to_owned()) != event.room_id() {
                continue;
            }
            let create = create_event_id(version, event.room_id());
            let needed = event.auth_events().map(ToOwned::to_owned).chain(create);
            queue.extend(needed.filter(|id| seen.insert(id.clone())));
            graph.by_id.insert(id, graph.nodes.len());
            graph.nodes.push(Entry { event, is_rejected, auth_events: Vec::new() });
        }
        if !missing.is_empty() {
            missing.sort();
            return Err(ResolveError::NotLoaded(missing));
        }
        graph.link();
        Ok(graph)
    }

    fn link(&mut self) {
        let by_id = &self.by_id;
        for entry in &mut self.nodes {
            let known = entry.event.auth_events().filter_map(|id| by_id.get(id).copied());
            entry.auth_events = known.collect();
        }
        let create = self
            .nodes
            .iter()
            .position(|entry| entry.event.is_state("m.room.create", "") && !entry.is_rejected);
        self.create =
            create.and_then(|node| Some((node, CreateContent::parse(self.event(node)?).ok()?)));
    }

    /// The number of an event that has been loaded.
    pub(super) fn node(&self, id: &EventId) -> Option<Node> {
        self.by_id.get(id).copied()
    }

    pub(super) fn event(&self, node: Node) -> Option<&Pdu> {
        self.nodes.get(node).map(|entry| &*entry.event)
    }

    /// The event, unless this server has rejected it.
    pub(super) fn accepted(&self, node: Node) -> Option<&Pdu> {
        self.nodes.get(node).filter(|entry| !entry.is_rejected).map(|entry| &*entry.event)
    }

    pub(super) fn auth_events(&self, node: Node) -> &[Node] {
        self.nodes.get(node).map(|entry| &*entry.auth_events).unwrap_or_default()
    }

    /// How many events there are; their numbers are below it.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The power levels event among the auth events of `node`.
    pub(super) fn power_levels_event_of(&self, node: Node) -> Option<Node> {
        self.auth_events(node).iter().copied().find(|auth| {
            self.event(*auth).is_some_and(|event| event.is_state("m.room.power_levels", ""))
        })
    }

    /// The levels of a power levels event, parsed on first use; `None` if they are malformed.
    pub(super) fn power_levels(&mut self, node: Node) -> Option<Arc<PowerLevels>> {
        if let Some(parsed) = self.power_levels.get(&node) {
            return parsed.clone();
        }
        let content = self.event(node)?.content();
        let parsed = PowerLevels::parse(self.version, content).ok().map(Arc::new);
        self.power_levels.insert(node, parsed.clone());
        parsed
    }

    pub(super) fn nodes_of(&self, state: &StateMap) -> Working {
        let known = state.iter().filter_map(|(key, id)| Some((key.clone(), self.node(id)?)));
        known.collect()
    }

    pub(super) fn ids_of(&self, state: &Working) -> StateMap {
        let ids = state.iter().filter_map(|(key, node)| {
            Some((key.clone(), self.event(*node)?.event_id().to_owned()))
        });
        ids.collect()
    }
}

/// From room version 12 on nobody lists the create event: the room id names it.
fn create_event_id(version: RoomVersion, room: &RoomId) -> Option<OwnedEventId> {
    if !version.create_event_is_room_id() {
        return None;
    }
    let hash = room.as_str().strip_prefix('!')?;
    OwnedEventId::try_from(format!("${hash}")).ok()
}
