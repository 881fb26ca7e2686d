//! What algorithm 2.1 ([MSC4297]) changes: cases in which algorithm 2 falls back to old state.
//!
//! [MSC4297]: https://github.com/matrix-org/matrix-spec-proposals/pull/4297
use super::*;

/// The conflicted state subgraph. One fork has levels 1 with something that levels 2 allowed; the other has levels 3, which
/// replaced levels 2. Levels 2 are in both auth chains, so not in the auth difference, and without them nothing says that
/// 3 comes after 1. By the clock 3 comes first, so algorithm 2 ends with 1: a state reset.
#[test]
fn levels_between_conflicted_levels_keep_their_order() {
    for (version, expected) in [(RoomVersion::V11, "$levels1"), (RoomVersion::V12, "$levels3")] {
        let mut scene = Scene::new(version);
        let base = scene.state(&[]);
        let levels = |number: i64, at| {
            let mut users = json!({"@b:s1": 50, "@c:s2": number});
            if !version.creators_are_privileged() {
                users["@a:s1"] = 100.into();
            }
            Draft::new(
                &format!("levels{number}"),
                "@a:s1",
                "m.room.power_levels",
                json!({"users": users}),
            )
            .state("")
            .at(at)
        };
        let one = scene.add(levels(1, 300), &base);
        let two = scene.add(levels(2, 200), &scene.state(&[&one]));
        let three = scene.add(levels(3, 100), &scene.state(&[&one, &two]));
        let set = scene.add(topic("mine", "@b:s1", 250), &scene.state(&[&two]));
        let forks = [scene.state(&[&one, &set]), scene.state(&[&three, &set])];
        let result = scene.resolve(&forks);
        assert_eq!(winner(&result, "m.room.power_levels", ""), Some(expected), "{version}");
    }
}

/// Beginning with the empty state: in algorithm 2 a conflicted join is judged by the unconflicted join rules, although
/// it was right by the rules of its time, which are its own auth events. In 2.1 only conflicted events are replayed upon
/// each other, so what is unconflicted cannot undo history. The unconflicted rules still win at the end.
#[test]
fn unconflicted_state_does_not_judge_the_past() {
    for (version, is_moderator) in [(RoomVersion::V11, false), (RoomVersion::V12, true)] {
        let mut scene = Scene::new(version);
        let base = scene.state(&[]);
        // @b's levels change is a power event that was allowed while @b was in the room; then @b left in both forks.
        let mut users = json!({"@b:s1": 50, "@c:s2": 50});
        if !version.creators_are_privileged() {
            users["@a:s1"] = 100.into();
        }
        let gives = Draft::new("gives", "@b:s1", "m.room.power_levels", json!({"users": users}))
            .state("")
            .at(10);
        let gives = scene.add(gives, &base);
        let left = scene.add(member("@b:s1", "@b:s1", "leave").at(20), &base);
        let forks = [scene.state(&[&gives, &left]), scene.state(&[&left])];
        let result = scene.resolve(&forks);
        let levels = winner(&result, "m.room.power_levels", "");
        assert_eq!(
            levels == Some(gives.event_id().as_str()),
            is_moderator,
            "{version}: {levels:?}"
        );
        assert_eq!(winner(&result, "m.room.member", "@b:s1"), Some(left.event_id().as_str()));
    }
}
