//! The rows of an event of another server.
use db::{Value, Write};
use store::{
    EventNum, StateKeyNum, StateVersion, current_state, memberships, state_changes,
    state_versions::{self, StateMap, Weight},
};

use super::{numbers_of, record::Member};
use crate::facts::Facts;

/// Keys of a state with their new events; `None` where a key is left empty.
pub(super) type Difference = Vec<(StateKeyNum, Option<EventNum>)>;

/// Adds a state: by its difference from its parent, or whole where that is shorter or there is none.
pub(super) fn insert_state(
    write: &mut Write,
    version: StateVersion,
    parent: Option<StateVersion>,
    parent_weight: Weight,
    changes: &Difference,
    whole: impl FnOnce() -> StateMap,
) -> Weight {
    match parent.filter(|_| !parent_weight.wants_snapshot()) {
        Some(parent) => {
            state_versions::insert_delta(write, version, parent, parent_weight, changes)
        }
        None => state_versions::insert_snapshot(write, version, parent, whole().into_iter()),
    }
}

pub(super) fn record_state(
    write: &mut Write,
    facts: &Facts,
    changes: &Difference,
    members: &[Member],
    position: &Value,
) {
    let (room, before) = (facts.room_num, numbers_of(facts));
    for (key, num) in changes {
        match num {
            Some(num) => current_state::set(write, room, *key, *num),
            None => current_state::remove(write, room, *key),
        }
        let replaced = before.get(key).copied();
        state_changes::insert(write, room, position.clone(), *key, *num, replaced);
    }
    for Member { user, now, .. } in members {
        match now {
            Some((membership, event)) => {
                memberships::set(write, room, *user, *membership, *event, position.clone());
            }
            None => memberships::remove(write, room, *user),
        }
    }
}

/// What has to change for `before` to become `after`.
pub(super) fn difference(before: &StateMap, after: &StateMap) -> Difference {
    let set = after.iter().filter(|(key, num)| before.get(key) != Some(num));
    let unset = before.keys().filter(|key| !after.contains_key(key));
    set.map(|(key, num)| (*key, Some(*num))).chain(unset.map(|key| (*key, None))).collect()
}
