//! Step 2's order: reverse topological power ordering of the power events.
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, BinaryHeap},
};

use protocol::{Pdu, ids::OwnedEventId};

use super::{Graph, Node};
use crate::{Membership, PowerLevels, UserLevel, membership_of};

/// What decides between events of which neither needs the other: more power first, then earlier, then the smaller id.
type Rank = (Reverse<UserLevel>, i64, OwnedEventId);

/// The power events of `full`, with those of their auth chains that are in it, each after what it needs.
pub(super) fn sorted(graph: &mut Graph, full: &BTreeSet<Node>) -> Vec<Node> {
    let needs = power_events_with_needs(graph, full);
    let ranks: BTreeMap<Node, Rank> =
        needs.keys().filter_map(|node| Some((*node, rank(graph, *node)?))).collect();
    let mut needed_by: BTreeMap<Node, Vec<Node>> = BTreeMap::new();
    let mut open: BTreeMap<Node, usize> = BTreeMap::new();
    for (node, auth_events) in &needs {
        open.insert(*node, auth_events.len());
        for auth in auth_events {
            needed_by.entry(*auth).or_default().push(*node);
        }
    }
    let ready = |node: Node| Some(Reverse((ranks.get(&node)?, node)));
    let free = open.iter().filter(|(_, count)| **count == 0);
    let mut heap: BinaryHeap<_> = free.filter_map(|(node, _)| ready(*node)).collect();
    let mut order = Vec::with_capacity(needs.len());
    while let Some(Reverse((_, node))) = heap.pop() {
        order.push(node);
        for user in needed_by.get(&node).into_iter().flatten() {
            if let Some(count) = open.get_mut(user) {
                *count -= 1;
                if *count == 0 {
                    heap.extend(ready(*user));
                }
            }
        }
    }
    order
}

/// For each such event, which of its auth events are in the full conflicted set.
fn power_events_with_needs(graph: &Graph, full: &BTreeSet<Node>) -> BTreeMap<Node, BTreeSet<Node>> {
    let is_power = |node: &Node| graph.event(*node).is_some_and(is_power_event);
    let mut queue: Vec<Node> = full.iter().copied().filter(is_power).collect();
    let mut needs = BTreeMap::new();
    while let Some(node) = queue.pop() {
        if needs.contains_key(&node) {
            continue;
        }
        let in_full = graph.auth_events(node).iter().copied().filter(|auth| full.contains(auth));
        let in_full: BTreeSet<Node> = in_full.collect();
        queue.extend(&in_full);
        needs.insert(node, in_full);
    }
    needs
}

/// Whether the event can take somebody's ability to do something. `m.room.create` counts as well, as all servers have it.
fn is_power_event(event: &Pdu) -> bool {
    match event.kind() {
        "m.room.create" | "m.room.power_levels" | "m.room.join_rules" => {
            event.state_key() == Some("")
        }
        "m.room.member" => {
            let takes =
                matches!(membership_of(Some(event)), Some(Membership::Leave | Membership::Ban));
            takes && event.state_key().is_some_and(|target| target != event.sender())
        }
        _ => false,
    }
}

/// By the power that the sender has according to the event's own auth events.
fn rank(graph: &mut Graph, node: Node) -> Option<Rank> {
    let levels = graph.power_levels_event_of(node).map(|levels| graph.power_levels(levels));
    let (create, version) = (&graph.create, graph.version);
    let event = graph.event(node)?;
    let level = match (levels, create) {
        (Some(Some(levels)), Some((_, create))) => levels.user(version, create, event.sender()),
        (Some(Some(levels)), None) => UserLevel::Level(levels.user_number(event.sender())),
        (None, Some((_, create))) => {
            PowerLevels::without_event(version, create).user(version, create, event.sender())
        }
        // Malformed levels, or a room without a beginning: nobody has power.
        (Some(None), _) | (None, None) => UserLevel::Level(0),
    };
    Some((Reverse(level), event.origin_server_ts(), event.event_id().to_owned()))
}
