use std::{collections::BTreeMap, sync::Arc};

use protocol::Pdu;
use serde_json::{Value, json};

use super::*;
use crate::testing::{Draft, create, member};

mod differential;
mod hydra;

/// Events by id.
#[derive(Clone, Default)]
struct Events(BTreeMap<OwnedEventId, Arc<Pdu>>);

impl Events {
    fn add(&mut self, event: Pdu) -> Arc<Pdu> {
        let event = Arc::new(event);
        self.0.insert(event.event_id().to_owned(), Arc::clone(&event));
        event
    }
}

impl EventSource for Events {
    fn event(&self, id: &EventId) -> Lookup {
        self.0.get(id).map_or(Lookup::Unknown, |event| Lookup::Accepted(Arc::clone(event)))
    }
}

fn state_of(events: &[&Pdu]) -> StateMap {
    let entry = |event: &&Pdu| {
        let key = (event.kind().to_owned(), event.state_key().unwrap().to_owned());
        (key, event.event_id().to_owned())
    };
    events.iter().map(entry).collect()
}

fn winner<'a>(state: &'a StateMap, kind: &str, state_key: &str) -> Option<&'a str> {
    state.get(&(kind.to_owned(), state_key.to_owned())).map(|id| id.as_str())
}

fn with<'a>(listed: &[&'a Pdu], more: &[&'a Pdu]) -> Vec<&'a Pdu> {
    [listed, more].concat()
}

/// A room with an administrator `@a:s1`, a moderator `@b:s1` (50), and `@c:s2`.
struct Scene {
    version: RoomVersion,
    events: Events,
    base: Vec<Arc<Pdu>>,
}

impl Scene {
    fn new(version: RoomVersion) -> Self {
        let mut events = Events::default();
        let create = events.add(create(version, json!({})));
        let listed: Vec<&Pdu> =
            if version.create_event_is_room_id() { vec![] } else { vec![&create] };
        let admin = member("@a:s1", "@a:s1", "join").after(&[&create]).allowed_by(&listed);
        let admin = events.add(admin.make(version));
        let mut users = json!({"@b:s1": 50});
        if !version.creators_are_privileged() {
            users["@a:s1"] = 100.into();
        }
        let levels = Draft::new("levels", "@a:s1", "m.room.power_levels", json!({"users": users}));
        let levels =
            events.add(levels.state("").allowed_by(&with(&listed, &[&admin])).make(version));
        let rules =
            Draft::new("rules", "@a:s1", "m.room.join_rules", json!({"join_rule": "public"}));
        let rules = events
            .add(rules.state("").allowed_by(&with(&listed, &[&admin, &levels])).make(version));
        let mut base = vec![create.clone(), admin, levels.clone(), rules.clone()];
        for user in ["@b:s1", "@c:s2"] {
            let join = member(user, user, "join").allowed_by(&with(&listed, &[&levels, &rules]));
            base.push(events.add(join.make(version)));
        }
        Self { version, events, base }
    }

    fn state(&self, more: &[&Arc<Pdu>]) -> StateMap {
        let mut state = state_of(&self.base.iter().map(|event| &**event).collect::<Vec<_>>());
        state.extend(state_of(&more.iter().map(|event| &***event).collect::<Vec<_>>()));
        state
    }

    /// Adds an event that the given state allows, with the auth events that the selection rules pick from it.
    fn add(&mut self, draft: Draft, state: &StateMap) -> Arc<Pdu> {
        let version = self.version;
        let types = auth_types(version, &draft.make(version));
        let ids = types.into_iter().filter_map(|key| state.get(&key).cloned());
        let draft = Draft { auth_events: ids.collect(), ..draft };
        self.events.add(draft.make(version))
    }

    fn resolve(&self, states: &[StateMap]) -> StateMap {
        resolve(self.version, states, &self.events, 1_000).unwrap()
    }
}

fn auth_types(version: RoomVersion, event: &Pdu) -> Vec<StateKey> {
    let types = crate::auth_types_for(version, event).unwrap();
    types.into_iter().map(|(kind, key)| (kind.to_owned(), key)).collect()
}

fn topic(name: &str, sender: &'static str, at: i64) -> Draft {
    Draft::new(name, sender, "m.room.topic", json!({"topic": name})).state("").at(at)
}

const RESOLVED: [RoomVersion; 3] = [RoomVersion::V2, RoomVersion::V11, RoomVersion::V12];

#[test]
fn what_all_agree_on_needs_no_events() {
    let state = Scene::new(RoomVersion::V12).state(&[]);
    let nothing = Events::default();
    assert_eq!(
        resolve(RoomVersion::V12, &[state.clone(), state.clone()], &nothing, 0),
        Ok(state.clone())
    );
    assert_eq!(resolve(RoomVersion::V12, std::slice::from_ref(&state), &nothing, 0), Ok(state));
    assert_eq!(resolve(RoomVersion::V12, &[], &nothing, 0), Ok(StateMap::new()));
}

#[test]
fn version_1_is_not_resolved() {
    assert_eq!(
        resolve(RoomVersion::V1, &[], &Events::default(), 9),
        Err(ResolveError::Unsupported)
    );
}

#[test]
fn of_two_topics_the_later_one_stays() {
    for version in RESOLVED {
        let mut scene = Scene::new(version);
        let base = scene.state(&[]);
        let early = scene.add(topic("early", "@a:s1", 10), &base);
        let late = scene.add(topic("late", "@b:s1", 20), &base);
        let result = scene.resolve(&[scene.state(&[&early]), scene.state(&[&late])]);
        assert_eq!(
            winner(&result, "m.room.topic", ""),
            Some(late.event_id().as_str()),
            "{version}"
        );
        let one_sided = scene.resolve(&[scene.state(&[&early]), scene.state(&[])]);
        assert_eq!(winner(&one_sided, "m.room.topic", ""), Some(early.event_id().as_str()));
    }
}

#[test]
fn a_ban_beats_what_the_banned_does_meanwhile() {
    for version in RESOLVED {
        let mut scene = Scene::new(version);
        let base = scene.state(&[]);
        let ban = scene.add(member("@a:s1", "@b:s1", "ban").at(50), &base);
        let set = scene.add(topic("mine", "@b:s1", 10), &base);
        let result = scene.resolve(&[scene.state(&[&ban]), scene.state(&[&set])]);
        assert_eq!(winner(&result, "m.room.member", "@b:s1"), Some(ban.event_id().as_str()));
        assert_eq!(
            winner(&result, "m.room.topic", ""),
            None,
            "{version}: even though it was sent earlier"
        );
    }
}

#[test]
fn the_more_powerful_decides_over_power() {
    for version in RESOLVED {
        let mut scene = Scene::new(version);
        let base = scene.state(&[]);
        let levels = |name: &str, sender, users: Value, at| {
            Draft::new(name, sender, "m.room.power_levels", json!({"users": users}))
                .state("")
                .at(at)
        };
        let full = |mut users: Value| {
            if !version.creators_are_privileged() {
                users["@a:s1"] = 100.into();
            }
            users
        };
        // The administrator takes the moderator's power; the moderator, earlier by the clock, gives some to a friend.
        let takes = scene.add(levels("takes", "@a:s1", full(json!({"@b:s1": 0})), 50), &base);
        let gives =
            scene.add(levels("gives", "@b:s1", full(json!({"@b:s1": 50, "@c:s2": 50})), 10), &base);
        let result = scene.resolve(&[scene.state(&[&takes]), scene.state(&[&gives])]);
        assert_eq!(
            winner(&result, "m.room.power_levels", ""),
            Some(takes.event_id().as_str()),
            "{version}"
        );
    }
}

#[test]
fn a_rejected_event_allows_nothing() {
    struct Rejecting(Events, OwnedEventId);
    impl EventSource for Rejecting {
        fn event(&self, id: &EventId) -> Lookup {
            match self.0.event(id) {
                Lookup::Accepted(event) if id == self.1 => Lookup::Rejected(event),
                other => other,
            }
        }
    }
    let mut scene = Scene::new(RoomVersion::V11);
    let base = scene.state(&[]);
    let set = scene.add(topic("mine", "@b:s1", 10), &base);
    let states = [scene.state(&[&set]), scene.state(&[])];
    let member = base[&("m.room.member".to_owned(), "@b:s1".to_owned())].clone();
    let source = Rejecting(scene.events.clone(), member);
    let result = resolve(RoomVersion::V11, &states, &source, 100).unwrap();
    assert_eq!(winner(&result, "m.room.topic", ""), None);
}

#[test]
fn missing_events_are_named_and_work_is_bounded() {
    struct Lazy<'a>(&'a Events, Vec<OwnedEventId>);
    impl EventSource for Lazy<'_> {
        fn event(&self, id: &EventId) -> Lookup {
            if self.1.iter().any(|loaded| loaded == id) {
                self.0.event(id)
            } else {
                Lookup::NotLoaded
            }
        }
    }
    let mut scene = Scene::new(RoomVersion::V12);
    let base = scene.state(&[]);
    let set = scene.add(topic("mine", "@b:s1", 10), &base);
    let states = [scene.state(&[&set]), scene.state(&[])];
    let expected = scene.resolve(&states);
    let mut source = Lazy(&scene.events, vec![]);
    let mut rounds = 0;
    let result = loop {
        match resolve(RoomVersion::V12, &states, &source, 100) {
            Err(ResolveError::NotLoaded(ids)) => source.1.extend(ids),
            other => break other,
        }
        rounds += 1;
        assert!(rounds < 10);
    };
    assert_eq!(result, Ok(expected));
    let few = resolve(RoomVersion::V12, &states, &scene.events, 3);
    assert_eq!(few, Err(ResolveError::TooMuchWork(3)));
}

/// F4: a foreign event in the auth chain is as good as none.
#[test]
fn events_of_other_rooms_are_not_looked_at() {
    let mut scene = Scene::new(RoomVersion::V11);
    let base = scene.state(&[]);
    let levels = base[&("m.room.power_levels".to_owned(), String::new())].clone();
    let set = scene.add(topic("mine", "@b:s1", 10), &base);
    let states = [scene.state(&[&set]), scene.state(&[])];
    // The levels that make @b a moderator turn out to belong to another room.
    let foreign = scene.events.0[&levels].json().replace("!room:s1", "!other:s1");
    let foreign = Pdu::from_stored(levels, RoomVersion::V11, foreign).unwrap();
    scene.events.add(foreign);
    let result = resolve(RoomVersion::V11, &states, &scene.events, 100).unwrap();
    assert_eq!(winner(&result, "m.room.topic", ""), None);
}
