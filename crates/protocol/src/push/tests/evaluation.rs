//! Rules of users' own, and who shares an audience.
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::ids::RoomId;

fn rules(put_all: &[(RuleKind, &str, Value)]) -> PushRules {
    let mut rules = PushRules::server_default(&me());
    for (kind, id, body) in put_all.iter().rev() {
        put(&mut rules, *kind, id, body.clone(), FREE).unwrap();
    }
    rules
}

#[expect(clippy::needless_pass_by_value, reason = "tests hand in json!(…)")]
fn matching(conditions: Value) -> PushRules {
    let loud = json!(["notify", { "set_tweak": "highlight" }]);
    rules(&[(RuleKind::Override, "x", json!({ "conditions": conditions, "actions": loud }))])
}

#[test]
fn conditions_look_where_they_say() {
    let content = json!({
        "body": "a cake", "msgtype": "m.text", "n": 5, "t": true, "z": null, "list": [1, "x", false],
        "a.b": { "c\\d": "deep" }, "a": { "b": "plain" }, "m.relates_to": { "rel_type": "x.y" },
    });
    let event = event("m.room.message", None, &content);
    for (key, value) in [
        ("type", json!("m.room.message")),
        ("sender", json!("@other:s")),
        ("content.msgtype", json!("m.text")),
        ("content.body", json!("a cake")),
        ("content.n", json!(5)),
        ("content.t", json!(true)),
        ("content.z", json!(null)),
        ("content.a.b", json!("plain")),
        (r"content.a\.b.c\\d", json!("deep")),
        (r"content.m\.relates_to.rel_type", json!("x.y")),
    ] {
        let is = json!([{ "kind": "event_property_is", "key": key, "value": value }]);
        assert_eq!(verdict(&matching(is), &event, &ROOM).0.as_deref(), Some("x"), "{key}");
        let other = json!([{ "kind": "event_property_is", "key": key, "value": "other" }]);
        assert_ne!(verdict(&matching(other), &event, &ROOM).0.as_deref(), Some("x"), "{key}");
    }
    for (key, value) in
        [("content.list", json!(1)), ("content.list", json!("x")), ("content.list", json!(false))]
    {
        let contains = json!([{ "kind": "event_property_contains", "key": key, "value": value }]);
        assert_eq!(verdict(&matching(contains), &event, &ROOM).0.as_deref(), Some("x"), "{value}");
    }
    for nowhere in [
        json!({ "kind": "event_property_is", "key": "content", "value": null }),
        json!({ "kind": "event_property_is", "key": "content.a", "value": null }),
        json!({ "kind": "event_property_is", "key": "nothing", "value": null }),
        json!({ "kind": "event_property_contains", "key": "content.body", "value": "a cake" }),
        json!({ "kind": "event_property_contains", "key": "content.list", "value": 2 }),
        json!({ "kind": "event_match", "key": "content.n", "pattern": "*" }),
        json!({ "kind": "event_match", "key": "state_key", "pattern": "*" }),
        json!({ "kind": "room_member_count", "is": ">10" }),
        json!({ "kind": "sender_notification_permission", "key": "room" }),
        json!({ "kind": "org.example.unknown" }),
    ] {
        let rule = verdict(&matching(json!([nowhere])), &event, &ROOM).0;
        assert_ne!(rule.as_deref(), Some("x"), "{nowhere}");
    }
}

#[test]
fn contents_that_are_not_what_they_should_be_match_nothing() {
    let rules = PushRules::server_default(&me());
    for content in [
        json!({ "m.mentions": [] }),
        json!({ "m.mentions": { "user_ids": "@me:s", "room": "true" } }),
        json!({ "m.mentions": { "user_ids": { "@me:s": true } } }),
        json!({ "m.mentions": { "user_ids": [1, null, {}] } }),
        json!({ "m.relates_to": ["m.replace"], "msgtype": ["m.notice"], "body": {} }),
    ] {
        let event = event("m.room.message", None, &content);
        assert_eq!(verdict(&rules, &event, &ROOM), (Some(".m.rule.message".into()), true, false));
    }
    let escaped = json!({ "m.mentions": { "user_ids": [null, "\u{40}me:s"] }, "body": "\"" });
    let event = event("m.room.message", None, &escaped);
    assert!(verdict(&rules, &event, &ROOM).2);
}

#[test]
fn a_display_name_in_the_body_counts_where_a_rule_says_so() {
    let by_name = matching(json!([{ "kind": "contains_display_name" }]));
    for (body, matches) in [("hey me!", true), ("ME", true), ("time", false)] {
        let event = event("m.room.message", None, &json!({ "body": body }));
        assert_eq!(verdict(&by_name, &event, &ROOM).2, matches, "{body}");
        let default = PushRules::server_default(&me());
        assert!(!verdict(&default, &event, &ROOM).2, "no rule of the server's asks for names");
    }
}

fn room(id: &str) -> &RoomId {
    <&RoomId>::try_from(id).unwrap()
}

#[test]
fn who_shares_an_audience() {
    let here = room("!here:s");
    let print = |rules: &PushRules| rules.prepare(&me()).fingerprint(here);
    let ordinary = PreparedRules::server_default().fingerprint(here);
    assert_eq!(print(&PushRules::server_default(&me())), ordinary, "whoever it is");
    let quiet = json!({ "actions": [] });
    let only = |id: &str| json!({ "actions": [], "conditions": [{ "kind": "event_match", "key": "room_id", "pattern": id }] });
    let elsewhere = rules(&[
        (RuleKind::Room, "!there:s", quiet.clone()),
        (RuleKind::Override, "!there:s", only("!there:s")),
    ]);
    assert_eq!(print(&elsewhere), ordinary, "rules about other rooms");
    let mut sounds = PushRules::server_default(&me());
    let sound = br#"{"actions":["notify",{"set_tweak":"sound","value":"x"}]}"#;
    sounds.set_actions(RuleKind::Underride, ".m.rule.message", sound).unwrap();
    assert_eq!(print(&sounds), ordinary, "sounds");
    let mentions = rules(&[(RuleKind::Room, "!here:s", quiet.clone())]);
    let muted = rules(&[(RuleKind::Override, "!here:s", only("!here:s"))]);
    let also_muted = rules(&[(RuleKind::Override, "another name", only("!here:*"))]);
    let mut off = PushRules::server_default(&me());
    off.set_enabled(RuleKind::Override, ".m.rule.master", true).unwrap();
    let keyword =
        rules(&[(RuleKind::Content, "k", json!({ "pattern": "k", "actions": ["notify"] }))]);
    assert_eq!(print(&muted), print(&also_muted));
    assert_eq!(print(&muted), print(&off));
    let mut prints = vec![ordinary, print(&mentions), print(&muted), print(&keyword)];
    prints.sort_unstable();
    prints.dedup();
    assert_eq!(prints.len(), 4);
    let other: OwnedUserId = "@other:s".try_into().unwrap();
    let by_name = matching(json!([{ "kind": "contains_display_name" }]));
    assert_ne!(by_name.prepare(&me()).fingerprint(here), by_name.prepare(&other).fingerprint(here));
    assert!(by_name.prepare(&me()).ask_for_name() && !keyword.prepare(&me()).ask_for_name());
}

fn condition() -> impl Strategy<Value = Value> {
    let key = prop::sample::select(vec![
        "type",
        "sender",
        "room_id",
        "state_key",
        "content.body",
        "content.msgtype",
        "content.x",
        r"content.m\.mentions.room",
    ]);
    let value = prop_oneof![
        Just(json!("m.text")),
        Just(json!(true)),
        Just(json!(1)),
        Just(json!("")),
        Just(json!("!r:s"))
    ];
    let pattern =
        prop::sample::select(vec!["*", "m.*", "m.room.message", "a", "a*b", "!r:s", "?", ""]);
    prop_oneof![
        (key.clone(), pattern).prop_map(
            |(key, pattern)| json!({ "kind": "event_match", "key": key, "pattern": pattern })
        ),
        (key, value).prop_map(
            |(key, value)| json!({ "kind": "event_property_is", "key": key, "value": value })
        ),
        prop::sample::select(vec!["2", "==10", ">2", "<=10", "<2"])
            .prop_map(|is| json!({ "kind": "room_member_count", "is": is })),
        Just(json!({ "kind": "sender_notification_permission", "key": "room" })),
        Just(json!({ "kind": "contains_display_name" })),
        Just(json!({ "kind": "org.example.unknown" })),
    ]
}

fn content() -> impl Strategy<Value = Value> {
    let body = prop::sample::select(vec!["", "a", "a-b", "xa", "me", "ab ab"]);
    let msgtype = prop::sample::select(vec![json!("m.text"), json!("m.notice"), json!(1)]);
    let x = prop::sample::select(vec![json!(1), json!(true), json!("m.text"), json!("")]);
    let room = prop::sample::select(vec![json!(true), json!(false), json!("true")]);
    (body, msgtype, x, room).prop_map(|(body, msgtype, x, room)| {
        json!({ "body": body, "msgtype": msgtype, "x": x, "m.mentions": { "room": room } })
    })
}

proptest! {
    /// Ours and ruma's evaluation, which shares no code with it, say the same.
    #[test]
    fn rules_mean_what_they_mean_elsewhere(
        conditions in prop::collection::vec(prop::collection::vec(condition(), 0..3), 0..4),
        kind in prop::sample::select(vec!["m.room.message", "m.room.encrypted", "m.x"]),
        state_key in prop::sample::select(vec![None, Some(""), Some("@me:s")]),
        content in content(),
        member_count in prop::sample::select(vec![1_u64, 2, 10]),
        sender_level in prop::sample::select(vec![0_i64, 50]),
    ) {
        let mut rules = PushRules::server_default(&me());
        for (number, conditions) in conditions.iter().enumerate() {
            let actions = [json!(["notify"]), json!([]), json!(["notify", { "set_tweak": "highlight" }])];
            let body = json!({ "conditions": conditions, "actions": actions[number % 3] });
            put(&mut rules, RuleKind::Override, &number.to_string(), body, FREE).unwrap();
        }
        let event = event(kind, state_key, &content);
        let room = Room { member_count, sender_level };
        prop_assert_eq!(ours(&rules, &event, room), independent::evaluate(&rules, &event, room).1);
    }
}

#[test]
fn a_thousand_rules_take_a_thousand_times_one_rule() {
    let json = |count: usize| {
        let rule = |n| json!({"rule_id": format!("r{n}"), "default": false, "enabled": true, "pattern": format!("*a?{n}*b"), "actions": []});
        json!({"content": (0..count).map(rule).collect::<Vec<_>>()}).to_string()
    };
    let rules = PushRules::from_json(&json(950), &me()).unwrap();
    let body = "a ".repeat(30_000);
    let event = event("m.room.message", None, &json!({ "body": body, "msgtype": "m.text" }));
    let began = std::time::Instant::now();
    assert!(ours(&rules, &event, ROOM).notifies);
    // In a build without optimization, beside other tests.
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
}
