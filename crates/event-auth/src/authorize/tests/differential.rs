//! Generated rooms and events, judged here and by ruma.
use std::collections::BTreeMap;

use entropy::Dice;
use proptest::prelude::*;
use protocol::Pdu;

use super::*;
use crate::{
    State, auth_types_for,
    testing::{cases, theirs},
};

const USERS: [&str; 5] = ["@a:s1", "@b:s1", "@c:s2", "@d:s2", "@e:s3"];
const LEVELS: [i64; 7] = [-1, 0, 25, 50, 51, 75, 100];
const MEMBERSHIPS: [&str; 5] = ["join", "invite", "leave", "ban", "knock"];
const RULES: [&str; 6] = ["public", "invite", "knock", "restricted", "knock_restricted", "private"];
const FIELDS: [&str; 7] =
    ["ban", "kick", "redact", "invite", "state_default", "events_default", "users_default"];
const KINDS: [&str; 8] = [
    "m.room.member",
    "m.room.power_levels",
    "m.room.message",
    "m.room.topic",
    "m.room.redaction",
    "m.room.aliases",
    "m.room.third_party_invite",
    "m.room.join_rules",
];

/// `malformed`: now and then something that is not a level. Such an event never gets into a state.
fn power_levels(dice: &mut Dice, version: RoomVersion, malformed: bool) -> Value {
    let mut levels = json!({"users": {}, "events": {}, "notifications": {}});
    let level = |dice: &mut Dice| -> Value {
        let level = *dice.pick(&LEVELS);
        match dice.roll(40) {
            0..=2 if !malformed && version.power_levels_are_integers() => level.into(),
            0 => level.to_string().into(),
            1 => format!(" +{}", level.abs()).into(),
            2 if malformed => "x".into(),
            _ => level.into(),
        }
    };
    for field in FIELDS {
        if dice.once_in(4) {
            levels[field] = level(dice);
        }
    }
    for user in &USERS[usize::from(version.creators_are_privileged() && !dice.once_in(10))..] {
        if !dice.once_in(3) {
            levels["users"][user] = level(dice);
        }
    }
    for kind in KINDS {
        if dice.once_in(4) {
            levels["events"][kind] = level(dice);
        }
    }
    if dice.once_in(4) {
        levels["notifications"]["room"] = level(dice);
    }
    levels
}

fn state(dice: &mut Dice, version: RoomVersion) -> TestState {
    let mut extra = json!({});
    if dice.once_in(6) {
        extra["m.federate"] = (!dice.once_in(2)).into();
    }
    if dice.once_in(3) {
        extra["additional_creators"] = json!([dice.pick(&USERS)]);
    }
    let mut state = TestState::default();
    state.set(create(version, extra));
    let rule = json!({"join_rule": dice.pick(&RULES)});
    state.set(Draft::new("rules", "@a:s1", "m.room.join_rules", rule).state("").make(version));
    for user in USERS {
        if !dice.once_in(4) {
            let membership = if dice.once_in(2) { "join" } else { dice.pick(&MEMBERSHIPS) };
            state.set(member(user, user, membership).make(version));
        }
    }
    if !dice.once_in(5) {
        let levels = power_levels(dice, version, false);
        state.set(
            Draft::new("levels", "@a:s1", "m.room.power_levels", levels).state("").make(version),
        );
    }
    state
}

/// The levels of `state` with one entry changed: what people really send.
fn changed_levels(dice: &mut Dice, state: &TestState) -> Value {
    let current = state.get("m.room.power_levels", "").map(|event| event.content_as().unwrap());
    let mut levels: Value = current.unwrap_or_else(|| json!({}));
    let level = *dice.pick(&LEVELS);
    match dice.roll(4) {
        0 => levels[*dice.pick(&FIELDS)] = level.into(),
        1 => levels["events"][*dice.pick(&KINDS)] = level.into(),
        2 => levels["notifications"]["room"] = level.into(),
        _ => levels["users"][*dice.pick(&USERS)] = level.into(),
    }
    levels
}

fn event(dice: &mut Dice, version: RoomVersion, state: &TestState) -> Pdu {
    let sender = *dice.pick(&USERS);
    let kind = if dice.once_in(2) { KINDS[0] } else { *dice.pick(&KINDS) };
    let content = match kind {
        "m.room.member" => {
            let mut content = json!({"membership": dice.pick(&MEMBERSHIPS)});
            if dice.once_in(3) {
                content["join_authorised_via_users_server"] = json!(dice.pick(&USERS));
            }
            content
        }
        "m.room.power_levels" if !dice.once_in(3) => changed_levels(dice, state),
        "m.room.power_levels" => power_levels(dice, version, true),
        "m.room.redaction" => json!({"redacts": "$x:s1"}),
        _ => json!({}),
    };
    let mut draft = Draft::new("event", sender, kind, content);
    draft.redacts = Some((*dice.pick(&["$x:s1", "$x:s2"])).to_owned());
    draft.state_key = match kind {
        "m.room.member" if dice.once_in(2) => Some(sender.to_owned()),
        "m.room.member" => Some((*dice.pick(&USERS)).to_owned()),
        "m.room.message" | "m.room.redaction" if !dice.once_in(10) => None,
        "m.room.aliases" => Some((*dice.pick(&["s1", "s2", ""])).to_owned()),
        _ if dice.once_in(10) => Some((*dice.pick(&USERS)).to_owned()),
        _ => Some(String::new()),
    };
    if dice.once_in(8) {
        draft.prev_events = vec![crate::testing::id(version, "create", "@a:s1")];
    }
    draft.make(version)
}

/// What both say about one generated case.
fn compare(seed: u64) -> (String, bool) {
    let dice = &mut Dice::new(seed);
    let version = *dice.pick(&RoomVersion::ALL);
    let state = state(dice, version);
    let event = event(dice, version, &state);
    let (ours, theirs) =
        (authorize(version, &event, &state), theirs::authorize(version, &event, &state));
    assert_eq!(
        ours.is_ok(),
        theirs.is_ok(),
        "seed {seed}, version {version}\nours {ours:?}, theirs {theirs:?}\n{event:?}\n{state:#?}"
    );
    let types = auth_types_for(version, &event).ok().map(|types| {
        let mut types: Vec<_> =
            types.into_iter().map(|(kind, key)| (kind.to_owned(), key)).collect();
        types.sort();
        types
    });
    assert_eq!(types, theirs::auth_types(version, &event), "seed {seed}");
    (event.kind().to_owned(), ours.is_ok())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(3_000)))]

    #[test]
    fn ruma_agrees_on_generated_events(seed in any::<u64>()) {
        compare(seed);
    }
}

/// The generator must reach both answers for each type, or the comparison shows nothing.
#[test]
fn the_generated_events_are_not_all_alike() {
    let mut counts: BTreeMap<(String, bool), u32> = BTreeMap::new();
    for seed in 0..4_000 {
        *counts.entry(compare(seed)).or_default() += 1;
    }
    for kind in KINDS {
        for allowed in [true, false] {
            let count = counts.get(&(kind.to_owned(), allowed)).copied().unwrap_or_default();
            assert!(count >= 20, "{kind} allowed={allowed}: {count}");
        }
    }
}
