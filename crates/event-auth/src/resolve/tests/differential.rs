//! Generated rooms with forks, resolved here and by ruma, in any order of the states.
use std::collections::{BTreeSet, HashMap};

use entropy::Dice;
use proptest::prelude::*;
use ruma::{
    events::StateEventType,
    state_res::{self, utils::event_id_set::EventIdSet},
};

use super::*;
use crate::{
    State, authorize,
    testing::{cases, theirs},
};

const USERS: [&str; 4] = ["@a:s1", "@b:s1", "@c:s2", "@d:s3"];
const VERSIONS: [RoomVersion; 6] = [
    RoomVersion::V2,
    RoomVersion::V6,
    RoomVersion::V9,
    RoomVersion::V11,
    RoomVersion::V12,
    RoomVersion::V12,
];

struct At<'a>(&'a Events, &'a StateMap);

impl State for At<'_> {
    fn get(&self, kind: &str, state_key: &str) -> Option<&Pdu> {
        let id = self.1.get(&(kind.to_owned(), state_key.to_owned()))?;
        self.0.0.get(id).map(|event| &**event)
    }
}

/// A random state event of a random user; many are not allowed, and then nothing happens.
fn draft(dice: &mut Dice, number: usize, version: RoomVersion) -> Draft {
    let sender = *dice.pick(&USERS);
    let name = format!("e{number}");
    let draft = match dice.roll(6) {
        0 => {
            let mut users = json!({});
            for user in &USERS[usize::from(version.creators_are_privileged())..] {
                users[user] = (*dice.pick(&[0, 50, 50, 100])).into();
            }
            if !version.creators_are_privileged() {
                users["@a:s1"] = 100.into();
            }
            Draft::new(&name, sender, "m.room.power_levels", json!({"users": users})).state("")
        }
        1 => {
            let rule = json!({"join_rule": dice.pick(&["public", "invite"])});
            Draft::new(&name, sender, "m.room.join_rules", rule).state("")
        }
        2 => Draft::new(&name, sender, "m.room.topic", json!({"topic": number})).state(""),
        _ => {
            let own = dice.once_in(2);
            let target = if own { sender } else { *dice.pick(&USERS) };
            let memberships =
                if own { &["join", "leave"][..] } else { &["invite", "leave", "ban"][..] };
            let membership = *dice.pick(memberships);
            Draft::new(&name, sender, "m.room.member", json!({"membership": membership}))
                .state(target)
        }
    };
    draft.at(i64::try_from(1_000 + dice.roll(20)).unwrap())
}

/// Plays a room: events on random forks, now and then a new fork, now and then a merge.
fn play(dice: &mut Dice, scene: &mut Scene) -> Vec<StateMap> {
    let mut forks = vec![scene.state(&[])];
    for number in 0..8 + dice.roll(40) {
        let index = dice.roll(forks.len());
        if dice.once_in(5) && forks.len() < 5 {
            forks.push(forks[index].clone());
        } else if dice.once_in(15) && forks.len() > 2 {
            let (one, other) = (forks.swap_remove(index), forks.pop().unwrap());
            let merged = scene.resolve(&[one.clone(), other.clone()]);
            forks.extend(if has_join_rules(&merged) { vec![merged] } else { vec![one, other] });
        }
        let index = dice.roll(forks.len());
        let state = forks[index].clone();
        let draft = draft(dice, number, scene.version);
        let event = scene.add(draft, &state);
        if authorize(scene.version, &event, &At(&scene.events, &state)).is_ok() {
            forks[index].extend(state_of(&[&event]));
        } else {
            scene.events.0.remove(event.event_id());
        }
    }
    forks
}

/// Without join rules ruma lets nobody in who is invited, and others do: such rooms are not compared.
fn has_join_rules(state: &StateMap) -> bool {
    winner(state, "m.room.join_rules", "").is_some()
}

/// Everything that `id` needs, without itself.
fn chain(events: &Events, id: &EventId) -> BTreeSet<OwnedEventId> {
    let mut chain = BTreeSet::new();
    let mut queue = vec![id.to_owned()];
    while let Some(id) = queue.pop() {
        for auth in events.0[&id].auth_events() {
            if chain.insert(auth.to_owned()) {
                queue.push(auth.to_owned());
            }
        }
    }
    chain
}

/// ruma asks its caller for the subgraph: here by its definition, event by event.
fn subgraph(events: &Events, conflicted: &BTreeSet<OwnedEventId>) -> EventIdSet<OwnedEventId> {
    let reachable = conflicted.iter().flat_map(|id| chain(events, id));
    let between = reachable.filter(|id| !chain(events, id).is_disjoint(conflicted));
    between.chain(conflicted.iter().cloned()).collect()
}

fn resolve_by_ruma(scene: &Scene, states: &[StateMap]) -> StateMap {
    let rules = theirs::rules(scene.version);
    let events = &scene.events;
    let maps: Vec<HashMap<(StateEventType, String), OwnedEventId>> = states
        .iter()
        .map(|state| {
            let entry = |((kind, key), id): (&StateKey, &OwnedEventId)| {
                ((StateEventType::from(kind.as_str()), key.clone()), id.clone())
            };
            state.iter().map(entry).collect()
        })
        .collect();
    let chains = states
        .iter()
        .map(|state| state.values().flat_map(|id| chain(events, id)).collect::<EventIdSet<_>>())
        .collect();
    let resolved = state_res::resolve(
        &rules.authorization,
        rules.state_res.v2_rules().unwrap(),
        maps.iter(),
        chains,
        |id| events.0.get(id).map(|event| theirs::Theirs::from(&**event)),
        |conflicted| Some(subgraph(events, &conflicted.values().flatten().cloned().collect())),
    );
    resolved.unwrap().into_iter().map(|((kind, key), id)| ((kind.to_string(), key), id)).collect()
}

/// Compares one generated room; says whether there was anything to compare.
fn compare(seed: u64) -> bool {
    let dice = &mut Dice::new(seed);
    let mut scene = Scene::new(*dice.pick(&VERSIONS));
    let mut forks = play(dice, &mut scene);
    let ours = scene.resolve(&forks);
    let is_comparable = has_join_rules(&ours);
    if is_comparable {
        assert_eq!(ours, resolve_by_ruma(&scene, &forks), "seed {seed}, version {}", scene.version);
    }
    dice.shuffle(&mut forks);
    assert_eq!(ours, scene.resolve(&forks), "seed {seed}: the order of the states matters");
    forks.push(forks[0].clone());
    assert_eq!(ours, scene.resolve(&forks), "seed {seed}: a repeated state matters");
    is_comparable && forks.iter().any(|state| *state != forks[0])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(400)))]

    #[test]
    fn ruma_agrees_on_generated_forks(seed in any::<u64>()) {
        compare(seed);
    }
}

#[test]
fn the_generated_rooms_have_conflicts() {
    let conflicts = (0..100).filter(|seed| compare(*seed)).count();
    assert!(conflicts >= 50, "{conflicts} of 100");
}
