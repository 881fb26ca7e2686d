//! Which events are in question: the full conflicted set.
use std::collections::BTreeSet;

use protocol::ids::OwnedEventId;

use super::{Graph, Node, StateMap};

/// The conflicted events, the auth difference, and for algorithm 2.1 the conflicted state subgraph.
pub(super) fn full_conflicted_set(
    graph: &Graph,
    states: &[StateMap],
    conflicted: &[OwnedEventId],
    with_subgraph: bool,
) -> BTreeSet<Node> {
    let conflicted: BTreeSet<Node> = conflicted.iter().filter_map(|id| graph.node(id)).collect();
    let mut full = auth_difference(graph, states);
    if with_subgraph {
        full.extend(subgraph(graph, &conflicted));
    }
    full.extend(conflicted);
    full
}

/// The events that are in the auth chain of some states and not of all.
fn auth_difference(graph: &Graph, states: &[StateMap]) -> BTreeSet<Node> {
    let mut counts = vec![0_usize; graph.len()];
    for state in states {
        let roots = state.values().filter_map(|id| graph.node(id));
        for node in auth_chain(graph, roots) {
            if let Some(count) = counts.get_mut(node) {
                *count += 1;
            }
        }
    }
    let in_some = |count: usize| count > 0 && count < states.len();
    counts
        .into_iter()
        .enumerate()
        .filter(|(_, count)| in_some(*count))
        .map(|(node, _)| node)
        .collect()
}

/// The auth events of `roots`, theirs, and so on; a root only if it is one of them.
fn auth_chain(graph: &Graph, roots: impl Iterator<Item = Node>) -> Vec<Node> {
    let mut seen = vec![false; graph.len()];
    let mut chain = Vec::new();
    let mut queue: Vec<Node> = roots.collect();
    while let Some(node) = queue.pop() {
        for auth in graph.auth_events(node) {
            if let Some(seen @ false) = seen.get_mut(*auth) {
                *seen = true;
                chain.push(*auth);
                queue.push(*auth);
            }
        }
    }
    chain
}

/// The events on any path along auth events from one conflicted event to another, both ends included: those that a
/// conflicted event leads to *and* that lead to a conflicted event.
fn subgraph(graph: &Graph, conflicted: &BTreeSet<Node>) -> BTreeSet<Node> {
    let below: BTreeSet<Node> = auth_chain(graph, conflicted.iter().copied())
        .into_iter()
        .chain(conflicted.iter().copied())
        .collect();
    let mut used_by = vec![Vec::new(); graph.len()];
    for node in &below {
        for auth in graph.auth_events(*node) {
            if let Some(users) = used_by.get_mut(*auth) {
                users.push(*node);
            }
        }
    }
    // From the conflicted events back up to those that use them, staying below conflicted ones.
    let mut above: BTreeSet<Node> = conflicted.clone();
    let mut queue: Vec<Node> = conflicted.iter().copied().collect();
    while let Some(node) = queue.pop() {
        for user in used_by.get(node).into_iter().flatten() {
            if above.insert(*user) {
                queue.push(*user);
            }
        }
    }
    above
}
