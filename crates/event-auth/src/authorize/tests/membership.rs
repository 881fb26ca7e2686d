//! `m.room.member`, as tables of who may do what.
use super::*;

const OUT: [&str; 5] = ["none", "leave", "ban", "invite", "knock"];

fn with_member(version: RoomVersion, membership: &str) -> TestState {
    let mut state = room(version);
    if membership != "none" {
        state.set(member("@c:s2", "@c:s2", membership).make(version));
    }
    state
}

fn with_rule(mut state: TestState, version: RoomVersion, rule: &str) -> TestState {
    state.set(
        Draft::new("r2", "@a:s1", "m.room.join_rules", json!({"join_rule": rule}))
            .state("")
            .make(version),
    );
    state
}

#[test]
fn who_may_join_by_which_rule() {
    let rules = ["public", "invite", "knock", "restricted", "knock_restricted", "private", "odd"];
    for version in RoomVersion::ALL {
        for rule in rules {
            for membership in OUT {
                let state = with_rule(with_member(version, membership), version, rule);
                let result = check(version, &member("@c:s2", "@c:s2", "join"), &state);
                let invited = membership == "invite";
                let expected = membership != "ban"
                    && match rule {
                        "public" => true,
                        "invite" => invited,
                        "knock" => invited && version.knock(),
                        "restricted" => invited && version.restricted(),
                        "knock_restricted" => invited && version.knock_restricted(),
                        _ => false,
                    };
                assert_eq!(
                    result.is_ok(),
                    expected,
                    "{rule} {membership} in {version}: {result:?}"
                );
            }
        }
    }
}

#[test]
fn without_a_join_rule_it_is_invite() {
    let rules = |content: Value| {
        Draft::new("r2", "@a:s1", "m.room.join_rules", content).state("").make(NEW)
    };
    let join = member("@c:s2", "@c:s2", "join");
    for (membership, by_default) in [("invite", true), ("leave", false)] {
        let mut state = with_member(NEW, membership);
        state.set(rules(json!({})));
        assert_eq!(check(NEW, &join, &state).is_ok(), by_default);
        state.set(rules(json!({"join_rule": 5})));
        assert!(check(NEW, &join, &state).is_err());
        state.0.remove(&("m.room.join_rules".to_owned(), String::new()));
        assert_eq!(check(NEW, &join, &state).is_ok(), by_default);
    }
}

#[test]
fn somebody_in_the_room_vouches_for_a_restricted_join() {
    let state = |version, invite: i64| {
        let levels = json!({"users": {"@b:s1": 50}, "invite": invite});
        with_rule(TestState::room(version, levels), version, "restricted")
    };
    let join = |voucher: Value| {
        let mut draft = member("@c:s2", "@c:s2", "join");
        draft.content["join_authorised_via_users_server"] = voucher;
        draft
    };
    for (level, expected) in [(50, Ok(())), (51, Err(Denied::JoinNotVouched))] {
        assert_eq!(check(OLD, &join(json!("@b:s1")), &state(OLD, level)), expected);
    }
    assert_eq!(
        check(OLD, &join(json!("@d:s1")), &state(OLD, 0)),
        Err(Denied::JoinNotVouched),
        "not in the room"
    );
    assert_eq!(
        check(OLD, &member("@c:s2", "@c:s2", "join"), &state(OLD, 0)),
        Err(Denied::JoinRestricted)
    );
    assert!(matches!(check(OLD, &join(json!(5)), &state(OLD, 0)), Err(Denied::Malformed(_))));
    assert_eq!(
        check(NEW, &join(json!("@a:s1")), &state(NEW, 1000)),
        Ok(()),
        "a creator may always"
    );
    assert!(check(RoomVersion::V7, &join(json!("@b:s1")), &state(RoomVersion::V7, 0)).is_err());
}

#[test]
fn nobody_joins_or_knocks_for_others() {
    let state = with_rule(room(NEW), NEW, "public");
    assert_eq!(check(NEW, &member("@a:s1", "@c:s2", "join"), &state), Err(Denied::JoinForOther));
    let state = with_rule(room(NEW), NEW, "knock");
    assert_eq!(check(NEW, &member("@a:s1", "@c:s2", "knock"), &state), Err(Denied::KnockForOther));
}

#[test]
fn the_creator_joins_first() {
    for version in RoomVersion::ALL {
        let mut state = TestState::default();
        let first = state.set(create(version, json!({})));
        let join = member("@a:s1", "@a:s1", "join");
        assert_eq!(check(version, &join.clone().after(&[&first]), &state), Ok(()), "{version}");
        assert_eq!(
            check(version, &join, &state),
            Err(Denied::JoinNotInvited),
            "not right after it"
        );
        let other = member("@b:s1", "@b:s1", "join").after(&[&first]);
        assert_eq!(check(version, &other, &state), Err(Denied::JoinNotInvited));
    }
}

#[test]
fn who_may_be_invited() {
    let invite = member("@b:s1", "@c:s2", "invite");
    for (membership, expected) in [
        ("none", Ok(())),
        ("leave", Ok(())),
        ("knock", Ok(())),
        ("invite", Ok(())),
        ("join", Err(Denied::InviteJoined)),
        ("ban", Err(Denied::InviteBanned)),
    ] {
        assert_eq!(check(NEW, &invite, &with_member(NEW, membership)), expected, "{membership}");
    }
    assert_eq!(
        check(NEW, &member("@d:s2", "@c:s2", "invite"), &room(NEW)),
        Err(Denied::SenderNotJoined)
    );
    for (needed, expected) in [(50, Ok(())), (51, Err(Denied::InvitePower))] {
        let state = TestState::room(NEW, json!({"users": {"@b:s1": 50}, "invite": needed}));
        assert_eq!(check(NEW, &invite, &state), expected);
    }
}

#[test]
fn who_may_leave() {
    for version in RoomVersion::ALL {
        for (membership, allowed) in [
            ("none", false),
            ("leave", false),
            ("ban", false),
            ("invite", true),
            ("join", true),
            ("knock", version.knock()),
        ] {
            let result = check(
                version,
                &member("@c:s2", "@c:s2", "leave"),
                &with_member(version, membership),
            );
            assert_eq!(result.is_ok(), allowed, "{membership} in {version}");
        }
    }
}

#[test]
fn kicks_and_bans_need_more_power_than_their_target() {
    for (target_level, allowed) in [(49, true), (50, false), (51, false)] {
        let levels = json!({"users": {"@b:s1": 50, "@c:s2": target_level}});
        let mut state = TestState::room(OLD, levels);
        state.set(member("@c:s2", "@c:s2", "join").make(OLD));
        for (membership, denied) in [("leave", Denied::KickPower), ("ban", Denied::BanPower)] {
            let expected = if allowed { Ok(()) } else { Err(denied) };
            assert_eq!(check(OLD, &member("@b:s1", "@c:s2", membership), &state), expected);
        }
    }
    for (needed, allowed) in [(50, true), (51, false)] {
        let levels = json!({"users": {"@b:s1": 50}, "ban": needed, "kick": needed});
        let mut state = TestState::room(OLD, levels);
        for membership in ["leave", "ban"] {
            assert_eq!(check(OLD, &member("@b:s1", "@c:s2", membership), &state).is_ok(), allowed);
        }
        state.set(member("@a:s1", "@c:s2", "ban").make(OLD));
        let unban = check(OLD, &member("@b:s1", "@c:s2", "leave"), &state);
        assert_eq!(unban, if allowed { Ok(()) } else { Err(Denied::UnbanPower) });
    }
    assert_eq!(
        check(OLD, &member("@d:s2", "@b:s1", "ban"), &room(OLD)),
        Err(Denied::SenderNotJoined)
    );
}

#[test]
fn who_may_knock() {
    for version in RoomVersion::ALL {
        for rule in ["public", "invite", "knock", "restricted", "knock_restricted"] {
            for membership in ["none", "leave", "knock", "invite", "join", "ban"] {
                let state = with_rule(with_member(version, membership), version, rule);
                let result = check(version, &member("@c:s2", "@c:s2", "knock"), &state);
                let by_rule = (rule == "knock" && version.knock())
                    || (rule == "knock_restricted" && version.knock_restricted());
                let expected = by_rule && ["none", "leave", "knock"].contains(&membership);
                assert_eq!(result.is_ok(), expected, "{rule} {membership} in {version}");
            }
        }
    }
}

#[test]
fn malformed_members() {
    let state = room(NEW);
    assert_eq!(check(NEW, &member("@b:s1", "b", "leave"), &state), Err(Denied::MemberStateKey));
    let mut no_key = member("@b:s1", "@b:s1", "leave");
    no_key.state_key = None;
    assert_eq!(check(NEW, &no_key, &state), Err(Denied::MemberStateKey));
    assert_eq!(
        check(NEW, &member("@b:s1", "@b:s1", "odd"), &state),
        Err(Denied::UnknownMembership)
    );
    for content in [json!({}), json!({"membership": 1}), json!({"membership": null})] {
        let draft = Draft::new("m", "@b:s1", "m.room.member", content).state("@b:s1");
        assert!(matches!(check(NEW, &draft, &state), Err(Denied::Malformed(_))));
    }
}
