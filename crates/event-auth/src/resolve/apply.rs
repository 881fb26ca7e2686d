//! The iterative auth checks: events one by one, each judged by what has been accepted so far.
use std::{collections::BTreeMap, sync::Arc};

use protocol::Pdu;

use super::{Graph, Node, StateKey, Working};
use crate::{PowerLevels, State, auth_types_for, authorize};

/// Applies `events` in order to `state`; those that are not allowed leave no trace.
pub(super) fn one_by_one(graph: &mut Graph, events: &[Node], mut state: Working) -> Working {
    for node in events {
        if let Some(key) = allowed(graph, *node, &state) {
            state.insert(key, *node);
        }
    }
    state
}

/// The event's place in the state, if it is allowed after `state`, where its own auth events fill the gaps.
fn allowed(graph: &mut Graph, node: Node, state: &Working) -> Option<StateKey> {
    let version = graph.version;
    let event = graph.event(node)?;
    let key = (event.kind().to_owned(), event.state_key()?.to_owned());
    let mut view: BTreeMap<StateKey, Node> = BTreeMap::new();
    for auth in graph.auth_events(node) {
        if let Some((auth_event, state_key)) =
            graph.accepted(*auth).and_then(|event| Some((event, event.state_key()?)))
        {
            view.insert((auth_event.kind().to_owned(), state_key.to_owned()), *auth);
        }
    }
    if version.create_event_is_room_id()
        && let Some((create, _)) = graph.create
    {
        view.insert(("m.room.create".to_owned(), String::new()), create);
    }
    for (kind, state_key) in auth_types_for(version, event).ok()? {
        let key = (kind.to_owned(), state_key);
        if let Some(resolved) = state.get(&key)
            && graph.accepted(*resolved).is_some()
        {
            view.insert(key, *resolved);
        }
    }
    let levels = view.get(&("m.room.power_levels".to_owned(), String::new())).copied();
    let levels = levels.and_then(|levels| graph.power_levels(levels));
    let view = View { graph, nodes: &view, levels };
    authorize(version, graph.event(node)?, &view).is_ok().then_some(key)
}

struct View<'a> {
    graph: &'a Graph,
    nodes: &'a BTreeMap<StateKey, Node>,
    levels: Option<Arc<PowerLevels>>,
}

impl State for View<'_> {
    fn get(&self, kind: &str, state_key: &str) -> Option<&Pdu> {
        let node = self.nodes.get(&(kind.to_owned(), state_key.to_owned()))?;
        self.graph.event(*node)
    }

    fn power_levels(&self) -> Option<&PowerLevels> {
        self.levels.as_deref()
    }
}
