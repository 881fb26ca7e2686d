//! `required_state`: which state of a room a client wants.
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use protocol::ids::UserId;
use rooms::{Event, state::RoomState};
use serde::{Deserialize, Serialize};

/// Stands for every type, or every state key.
const ANY: &str = "*";

/// Stands for the user's own id.
const ME: &str = "$ME";

/// Stands for the members that are needed to show the timeline.
const LAZY: &str = "$LAZY";

const MEMBER: &str = "m.room.member";

/// The wanted keys of the state. They name no user, so that all users of one client share them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Rules {
    /// All of the state; with `lazy_members`, all but the members.
    everything: bool,
    /// These state keys, of any type.
    of_any_type: Keys,
    types: BTreeMap<String, Keys>,
    /// The members that are needed to show the timeline.
    lazy_members: bool,
}

/// The wanted state keys of one type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Keys {
    all: bool,
    /// The id of whoever asks.
    me: bool,
    named: BTreeSet<String>,
}

impl Keys {
    fn want(&self, key: &str, me: &UserId) -> bool {
        self.all || (self.me && key == me) || self.named.contains(key)
    }

    fn add(&mut self, key: &str) {
        match key {
            ANY => self.all = true,
            ME => self.me = true,
            key => drop(self.named.insert(key.to_owned())),
        }
    }

    fn extend(&mut self, other: &Self) {
        self.all |= other.all;
        self.me |= other.me;
        self.named.extend(other.named.iter().cloned());
    }

    fn cover(&self, other: &Self) -> bool {
        self.all || (!other.all && self.me >= other.me && other.named.is_subset(&self.named))
    }
}

impl Rules {
    /// The rules of these pairs of type and state key.
    pub(crate) fn new(pairs: &[(String, String)]) -> Self {
        let mut rules = Self::default();
        for (kind, key) in pairs {
            match (kind.as_str(), key.as_str()) {
                (ANY, ANY) => rules.everything = true,
                (MEMBER, LAZY) => rules.lazy_members = true,
                (ANY, key) => rules.of_any_type.add(key),
                (kind, key) => rules.types.entry(kind.to_owned()).or_default().add(key),
            }
        }
        rules
    }

    /// Whether `me` wants the state event of `kind` and `key`, whatever the timeline holds.
    pub(crate) fn want(&self, kind: &str, key: &str, me: &UserId) -> bool {
        self.wants_all_of(kind)
            || self.of_any_type.want(key, me)
            || self.types.get(kind).is_some_and(|keys| keys.want(key, me))
    }

    /// Whether the members needed to show the timeline are wanted, and not all members anyway.
    pub(crate) fn are_lazy(&self) -> bool {
        self.lazy_members && !self.types.get(MEMBER).is_some_and(|keys| keys.all)
    }

    /// Whether what `other` wants is wanted here too. Where that is not plain to see: no.
    pub(crate) fn cover(&self, other: &Self) -> bool {
        let all_but_members = self.everything;
        let all = self.everything && !self.lazy_members;
        let covered = |(kind, keys): (&String, &Keys)| {
            self.wants_all_of(kind)
                || self.of_any_type.cover(keys)
                || self.types.get(kind).is_some_and(|own| own.cover(keys))
        };
        (all || !other.everything || (all_but_members && other.lazy_members))
            && (all || self.of_any_type.cover(&other.of_any_type))
            && other.types.iter().all(covered)
    }

    /// What either wants.
    pub(crate) fn union(&self, other: &Self) -> Self {
        let mut union = self.clone();
        union.everything |= other.everything;
        union.lazy_members |= other.lazy_members;
        // Where one side wants all of the state, none of it is lazily loaded.
        let wants_all = |rules: &Self| rules.everything && !rules.lazy_members;
        union.lazy_members &= !wants_all(self) && !wants_all(other);
        union.of_any_type.extend(&other.of_any_type);
        for (kind, keys) in &other.types {
            union.types.entry(kind.clone()).or_default().extend(keys);
        }
        union
    }

    /// The part of a state that `me` wants.
    pub(crate) fn select(&self, state: &RoomState, me: &UserId) -> Vec<Arc<Event>> {
        if self.everything || self.of_any_type != Keys::default() {
            let wanted = |event: &&Arc<Event>| {
                self.want(event.pdu.kind(), event.pdu.state_key().unwrap_or_default(), me)
            };
            return state.iter().filter(wanted).cloned().collect();
        }
        let mut selected = Vec::new();
        for (kind, keys) in &self.types {
            if keys.all {
                selected.extend(state.of_type(kind).map(|(_, event)| Arc::clone(event)));
            } else {
                let me = keys.me.then_some(me.as_str());
                let named = keys.named.iter().map(String::as_str).chain(me);
                selected.extend(named.filter_map(|key| state.get(kind, key)).cloned());
            }
        }
        selected
    }

    fn wants_all_of(&self, kind: &str) -> bool {
        (self.everything && !(self.lazy_members && kind == MEMBER))
            || self.types.get(kind).is_some_and(|keys| keys.all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(pairs: &[(&str, &str)]) -> Rules {
        let pairs: Vec<_> =
            pairs.iter().map(|(kind, key)| ((*kind).to_owned(), (*key).to_owned())).collect();
        Rules::new(&pairs)
    }

    fn me() -> &'static UserId {
        "@me:example.org".try_into().unwrap()
    }

    #[test]
    fn stars_stand_for_every_type_or_key() {
        let stars = rules(&[("m.space.child", "*"), ("*", "key"), ("m.room.name", "")]);
        assert!(stars.want("m.space.child", "!room", me()));
        assert!(stars.want("any.type", "key", me()));
        assert!(stars.want("m.room.name", "", me()));
        assert!(!stars.want("m.room.name", "other", me()));
        assert!(!stars.want("m.room.topic", "", me()));
        assert!(rules(&[("*", "*")]).want("any.type", "any key", me()));
    }

    #[test]
    fn me_is_the_user() {
        let own = rules(&[("m.room.member", "$ME")]);
        assert!(own.want("m.room.member", "@me:example.org", me()));
        assert!(!own.want("m.room.member", "$ME", me()));
        assert!(!own.are_lazy());
    }

    #[test]
    fn lazy_members_are_not_part_of_everything() {
        let lazy = rules(&[("*", "*"), ("m.room.member", "$LAZY"), ("m.room.member", "$ME")]);
        assert!(lazy.are_lazy());
        assert!(lazy.want("m.room.topic", "", me()));
        assert!(lazy.want("m.room.member", "@me:example.org", me()));
        assert!(!lazy.want("m.room.member", "@you:example.org", me()));
        let all = rules(&[("m.room.member", "$LAZY"), ("m.room.member", "*")]);
        assert!(!all.are_lazy());
        assert!(all.want("m.room.member", "@you:example.org", me()));
    }

    #[test]
    fn a_union_wants_what_either_wants() {
        let everything = rules(&[("*", "*")]);
        let lazy = rules(&[("*", "*"), ("m.room.member", "$LAZY")]);
        let union = lazy.union(&everything);
        assert!(union.want("m.room.member", "@you:example.org", me()));
        assert!(union.cover(&lazy) && union.cover(&everything));
        let name = rules(&[("m.room.name", "")]);
        let spaces = rules(&[("m.space.child", "*"), ("*", "key")]);
        let union = name.union(&spaces);
        assert!(union.cover(&name) && union.cover(&spaces));
        assert!(!name.cover(&spaces) && !spaces.cover(&name));
    }

    #[test]
    fn covering_compares_what_is_wanted() {
        let everything = rules(&[("*", "*")]);
        let lazy = rules(&[("*", "*"), ("m.room.member", "$LAZY")]);
        assert!(everything.cover(&lazy));
        assert!(!lazy.cover(&everything));
        assert!(lazy.cover(&rules(&[("m.room.name", ""), ("m.room.member", "$LAZY")])));
        assert!(!lazy.cover(&rules(&[("m.room.member", "@you:example.org")])));
        assert!(!lazy.cover(&rules(&[("*", "key")])));
        assert!(everything.cover(&rules(&[("*", "key")])));
        assert!(!everything.cover(&rules(&[])) || everything.cover(&rules(&[("a", "$ME")])));
        assert!(!rules(&[("a", "b")]).cover(&rules(&[("a", "$ME")])));
        assert!(rules(&[("a", "*")]).cover(&rules(&[("a", "b"), ("a", "*")])));
        assert!(!rules(&[("a", "b")]).cover(&rules(&[("a", "*")])));
    }
}
