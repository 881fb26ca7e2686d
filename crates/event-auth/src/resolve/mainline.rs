//! Step 3's order: by the place of an event's power levels in the line of power levels events.
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use super::{Graph, Node, Working};

/// `events` in mainline order, given the state with the resolved power levels.
pub(super) fn sorted(graph: &Graph, resolved: &Working, events: BTreeSet<Node>) -> Vec<Node> {
    let key = ("m.room.power_levels".to_owned(), String::new());
    let mut mainline = BTreeMap::new();
    let mut next = resolved.get(&key).copied();
    while let Some(node) = next {
        if mainline.contains_key(&node) {
            break;
        }
        mainline.insert(node, mainline.len());
        next = graph.power_levels_event_of(node);
    }
    let mut order: Vec<Node> = events.into_iter().collect();
    order.sort_by_cached_key(|node| {
        let event = graph.event(*node);
        let sent_at = event.map(protocol::Pdu::origin_server_ts);
        let id = event.map(|event| event.event_id().to_owned());
        // The farther from the present, the earlier; without any place on the line, the earliest.
        (Reverse(position(graph, &mainline, *node)), sent_at, id)
    });
    order
}

/// How many steps the closest power levels event on the line is away from its head; `usize::MAX` if there is none.
fn position(graph: &Graph, mainline: &BTreeMap<Node, usize>, event: Node) -> usize {
    let mut current = Some(event);
    // An event that needed itself would have to contain its own hash; the count is for room version 2, where ids are
    // chosen freely.
    for _ in 0..=graph.len() {
        let Some(node) = current else { break };
        if let Some(position) = mainline.get(&node) {
            return *position;
        }
        current = graph.power_levels_event_of(node);
    }
    usize::MAX
}
