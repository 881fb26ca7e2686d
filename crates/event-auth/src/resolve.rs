//! State resolution, algorithms 2 ([spec]) and 2.1 ([room version 12]): several states of a forked room to one.
//!
//! Steps, in the specification's words:
//! 1. The state that all agree on is *unconflicted*; the rest, with the difference of the auth chains (and in 2.1 what
//!    lies between conflicted events), is the *full conflicted set*.
//! 2. Of that set, the *power events* and their auth events in the set are sorted by reverse topological power order and
//!    applied one by one, each if it is allowed.
//! 3. The others are sorted by the mainline of the resulting power levels and applied likewise.
//! 4. What was unconflicted wins.
//!
//! The caller gives the events by [`EventSource`]; nothing here waits. An event that has not been loaded yet ends the
//! attempt with [`ResolveError::NotLoaded`], which names all that are missing so far.
//!
//! [spec]: https://spec.matrix.org/v1.16/rooms/v2/#state-resolution
//! [room version 12]: https://spec.matrix.org/v1.16/rooms/v12/#state-resolution
use std::{collections::BTreeMap, sync::Arc};

use protocol::{
    Pdu, RoomVersion,
    ids::{EventId, OwnedEventId},
    room_version::StateResolution,
};

mod apply;
mod chains;
mod graph;
mod mainline;
mod power_order;

use self::graph::{Graph, Node};

/// Type and state key.
pub type StateKey = (String, String);

/// A room's state as event ids.
pub type StateMap = BTreeMap<StateKey, OwnedEventId>;

/// Where events are found.
pub trait EventSource {
    /// Looks up one event.
    fn event(&self, id: &EventId) -> Lookup;
}

/// What an [`EventSource`] knows of an event.
#[derive(Clone, Debug)]
pub enum Lookup {
    /// The event, which was accepted.
    Accepted(Arc<Pdu>),
    /// The event, which was rejected: it never allows anything.
    Rejected(Arc<Pdu>),
    /// This server does not have it. It is treated as if nobody had named it.
    Unknown,
    /// It may exist but must be loaded first.
    NotLoaded,
}

/// Why there is no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResolveError {
    /// These events must be loaded; then try again. There may be more behind them.
    #[error("{} events have not been loaded", .0.len())]
    NotLoaded(Vec<OwnedEventId>),
    /// More events would have to be looked at than the caller allows.
    #[error("more than {0} events would have to be looked at")]
    TooMuchWork(usize),
    /// Rooms of version 1 use an algorithm that is not implemented.
    #[error("rooms of version 1 cannot be resolved")]
    Unsupported,
}

/// Merges `states` into one. At most `events_max` events are looked at: the conflicted ones and all their auth chains.
///
/// The order of `states` does not matter, nor how often one occurs.
///
/// # Errors
/// See [`ResolveError`].
pub fn resolve(
    version: RoomVersion,
    states: &[StateMap],
    source: &impl EventSource,
    events_max: usize,
) -> Result<StateMap, ResolveError> {
    let is_v2_1 = match version.state_resolution() {
        StateResolution::V1 => return Err(ResolveError::Unsupported),
        StateResolution::V2 => false,
        StateResolution::V2_1 => true,
    };
    let (unconflicted, conflicted) = split(states);
    if conflicted.is_empty() {
        return Ok(unconflicted);
    }
    let mut graph = Graph::load(version, states, source, events_max)?;
    let full_conflicted_set = chains::full_conflicted_set(&graph, states, &conflicted, is_v2_1);

    let power_events = power_order::sorted(&mut graph, &full_conflicted_set);
    let base = if is_v2_1 { BTreeMap::new() } else { graph.nodes_of(&unconflicted) };
    let mut resolved = apply::one_by_one(&mut graph, &power_events, base);

    let mut others = full_conflicted_set;
    for node in &power_events {
        others.remove(node);
    }
    let others = mainline::sorted(&graph, &resolved, others);
    resolved = apply::one_by_one(&mut graph, &others, resolved);

    let mut result = graph.ids_of(&resolved);
    result.extend(unconflicted);
    Ok(result)
}

/// The entries that all states have and agree on, and the ids of all others.
fn split(states: &[StateMap]) -> (StateMap, Vec<OwnedEventId>) {
    let mut unconflicted = StateMap::new();
    let mut conflicted = Vec::new();
    for state in states {
        for (key, id) in state {
            if states.iter().all(|other| other.get(key) == Some(id)) {
                unconflicted.insert(key.clone(), id.clone());
            } else {
                conflicted.push(id.clone());
            }
        }
    }
    conflicted.sort();
    conflicted.dedup();
    (unconflicted, conflicted)
}

/// A resolved state while it is worked on.
type Working = BTreeMap<StateKey, Node>;

#[cfg(test)]
mod tests;
