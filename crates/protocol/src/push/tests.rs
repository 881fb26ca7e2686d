use serde_json::{Value, json};

use super::*;
use crate::{Pdu, RoomVersion, ids::OwnedUserId};

mod evaluation;
mod independent;

fn me() -> OwnedUserId {
    "@me:s".try_into().unwrap()
}

fn event(kind: &str, state_key: Option<&str>, content: &Value) -> Pdu {
    let mut json = json!({
        "auth_events": [], "content": content, "depth": 1, "origin_server_ts": 1, "prev_events": [],
        "room_id": "!r:s", "sender": "@other:s", "type": kind,
    });
    if let Some(key) = state_key {
        json["state_key"] = key.into();
    }
    Pdu::from_stored("$e".try_into().unwrap(), RoomVersion::V12, json.to_string()).unwrap()
}

#[derive(Clone, Copy)]
struct Room {
    member_count: u64,
    sender_level: i64,
}

const ROOM: Room = Room { member_count: 10, sender_level: 0 };

/// Which rule matches, and what comes of it; ours and ruma's evaluation must agree.
fn verdict(rules: &PushRules, event: &Pdu, room: &Room) -> (Option<String>, bool, bool) {
    let (rule, theirs) = independent::evaluate(rules, event, *room);
    let ours = ours(rules, event, *room);
    assert_eq!(ours, theirs, "{} {rule:?} {}", event.kind(), event.content());
    (rule, ours.notifies, ours.highlights)
}

fn ours(rules: &PushRules, event: &Pdu, room: Room) -> Outcome {
    let sender_may_notify = |key: &str| key == "room" && room.sender_level >= 50;
    let room = RoomContext {
        member_count: room.member_count,
        in_thread: false,
        sender_may_notify: &sender_may_notify,
    };
    let push = PushEvent::new(event, room);
    let recipient = Recipient {
        is_mentioned: push.mentioned_users().contains(&me()),
        is_state_key: event.state_key() == Some(me().as_str()),
        is_subscribed: false,
        display_name: Some("Me"),
    };
    rules.prepare(&me()).evaluate(&push, recipient)
}

#[expect(clippy::needless_pass_by_value, reason = "so the tables below stay readable")]
fn default_verdict(
    kind: &str,
    state_key: Option<&str>,
    content: Value,
    room: &Room,
) -> (String, bool, bool) {
    let rules = PushRules::server_default(&me());
    let (id, notifies, highlights) = verdict(&rules, &event(kind, state_key, &content), room);
    (id.unwrap_or_default(), notifies, highlights)
}

fn ids(rules: &PushRules, kind: RuleKind) -> Vec<String> {
    let json: Value = serde_json::from_str(&rules.to_json()).unwrap();
    json[kind.as_str()]
        .as_array()
        .into_iter()
        .flatten()
        .map(|r| r["rule_id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_servers_rules_are_the_specifications() {
    let rules = PushRules::server_default(&me());
    assert_eq!(
        ids(&rules, RuleKind::Override),
        [
            ".m.rule.master",
            ".m.rule.suppress_notices",
            ".m.rule.invite_for_me",
            ".m.rule.member_event",
            ".m.rule.is_user_mention",
            ".m.rule.is_room_mention",
            ".m.rule.tombstone",
            ".m.rule.reaction",
            ".m.rule.room.server_acl",
            ".m.rule.suppress_edits",
        ]
    );
    assert_eq!(
        ids(&rules, RuleKind::Underride),
        [
            ".m.rule.call",
            ".m.rule.encrypted_room_one_to_one",
            ".m.rule.room_one_to_one",
            ".m.rule.message",
            ".m.rule.encrypted",
        ]
    );
    for empty in [RuleKind::Content, RuleKind::Room, RuleKind::Sender] {
        assert_eq!(ids(&rules, empty), [""; 0], "all kinds are there, also empty");
    }
    assert_eq!(rules.is_enabled(RuleKind::Override, ".m.rule.master"), Some(false));
}

#[test]
fn what_the_servers_rules_say() {
    let two = Room { member_count: 2, ..ROOM };
    let admin = Room { sender_level: 50, ..ROOM };
    let text = json!({"msgtype": "m.text", "body": "hi"});
    let check = default_verdict;
    assert_eq!(
        check("m.room.message", None, text.clone(), &ROOM),
        (".m.rule.message".into(), true, false)
    );
    assert_eq!(
        check("m.room.message", None, text, &two),
        (".m.rule.room_one_to_one".into(), true, false)
    );
    assert_eq!(
        check("m.room.message", None, json!({"msgtype": "m.notice"}), &two),
        (".m.rule.suppress_notices".into(), false, false)
    );
    assert_eq!(
        check("m.room.encrypted", None, json!({}), &two),
        (".m.rule.encrypted_room_one_to_one".into(), true, false)
    );
    let mention = json!({"body": "x", "m.mentions": {"user_ids": ["@me:s"]}});
    assert_eq!(
        check("m.room.message", None, mention, &ROOM),
        (".m.rule.is_user_mention".into(), true, true)
    );
    let everybody = json!({"body": "x", "m.mentions": {"room": true}});
    assert_eq!(
        check("m.room.message", None, everybody.clone(), &ROOM),
        (".m.rule.message".into(), true, false)
    );
    assert_eq!(
        check("m.room.message", None, everybody, &admin),
        (".m.rule.is_room_mention".into(), true, true)
    );
    assert_eq!(
        check("m.room.member", Some("@me:s"), json!({"membership": "invite"}), &ROOM),
        (".m.rule.invite_for_me".into(), true, false)
    );
    assert_eq!(
        check("m.room.member", Some("@x:s"), json!({"membership": "join"}), &ROOM),
        (".m.rule.member_event".into(), false, false)
    );
    assert_eq!(
        check("m.room.tombstone", Some(""), json!({}), &ROOM),
        (".m.rule.tombstone".into(), true, true)
    );
    assert_eq!(
        check("m.reaction", None, json!({}), &ROOM),
        (".m.rule.reaction".into(), false, false)
    );
    let edit = json!({"body": "x", "m.relates_to": {"rel_type": "m.replace", "event_id": "$x"}});
    assert_eq!(
        check("m.room.message", None, edit, &ROOM),
        (".m.rule.suppress_edits".into(), false, false)
    );
    assert_eq!(check("m.room.topic", Some(""), json!({}), &ROOM), (String::new(), false, false));
}

#[expect(clippy::needless_pass_by_value, reason = "so the tables below stay readable")]
fn put(
    rules: &mut PushRules,
    kind: RuleKind,
    id: &str,
    body: Value,
    place: (Option<&str>, Option<&str>),
) -> Result<(), PushRuleError> {
    rules.put(kind, id, body.to_string().as_bytes(), place.0, place.1)
}

const FREE: (Option<&str>, Option<&str>) = (None, None);

#[test]
fn own_rules_come_first_and_match() {
    let mut rules = PushRules::server_default(&me());
    put(
        &mut rules,
        RuleKind::Content,
        "fish",
        json!({"pattern": "fish", "actions": ["notify", {"set_tweak": "highlight"}]}),
        FREE,
    )
    .unwrap();
    let fish = event("m.room.message", None, &json!({"body": "so long, FISH!"}));
    assert_eq!(verdict(&rules, &fish, &ROOM), (Some("fish".into()), true, true));
    put(&mut rules, RuleKind::Room, "!r:s", json!({"actions": []}), FREE).unwrap();
    let other = event("m.room.message", None, &json!({"body": "x"}));
    assert_eq!(verdict(&rules, &other, &ROOM), (Some("!r:s".into()), false, false));
    let body = json!({"actions": [], "conditions": [{"kind": "event_match", "key": "content.body", "pattern": "*fish*"}]});
    put(&mut rules, RuleKind::Override, "mute fish", body, FREE).unwrap();
    assert_eq!(ids(&rules, RuleKind::Override)[..2], [".m.rule.master", "mute fish"]);
    assert_eq!(verdict(&rules, &fish, &ROOM).0.as_deref(), Some("mute fish"));
    rules.set_enabled(RuleKind::Override, ".m.rule.master", true).unwrap();
    assert_eq!(verdict(&rules, &fish, &ROOM), (Some(".m.rule.master".into()), false, false));
}

#[test]
fn rules_are_placed_before_and_after_others() {
    let mut rules = PushRules::server_default(&me());
    let body = || json!({"pattern": "x", "actions": []});
    let content = RuleKind::Content;
    for id in ["c", "b", "a"] {
        put(&mut rules, content, id, body(), FREE).unwrap();
    }
    assert_eq!(ids(&rules, content), ["a", "b", "c"]);
    put(&mut rules, content, "d", body(), (Some("c"), None)).unwrap();
    assert_eq!(ids(&rules, content), ["a", "b", "c", "d"]);
    // An existing rule to the very end: ruma alone would panic here.
    put(&mut rules, content, "a", body(), (Some("d"), None)).unwrap();
    assert_eq!(ids(&rules, content), ["b", "c", "d", "a"]);
    put(&mut rules, content, "a", body(), (None, Some("c"))).unwrap();
    assert_eq!(ids(&rules, content), ["b", "a", "c", "d"]);
    put(&mut rules, content, "e", body(), (Some("b"), Some("d"))).unwrap();
    assert_eq!(ids(&rules, content), ["b", "a", "c", "e", "d"]);
    put(&mut rules, content, "c", body(), FREE).unwrap();
    assert_eq!(ids(&rules, content), ["b", "a", "c", "e", "d"], "a replaced rule keeps its place");
    for place in [(Some("c"), None), (None, Some("c"))] {
        let itself = put(&mut rules, content, "c", body(), place);
        assert!(matches!(itself, Err(PushRuleError::UnknownNeighbor)));
    }
    assert!(matches!(
        put(&mut rules, content, "f", body(), (Some("d"), Some("b"))),
        Err(PushRuleError::Order)
    ));
    assert!(matches!(
        put(&mut rules, content, "f", body(), (Some("zz"), None)),
        Err(PushRuleError::UnknownNeighbor)
    ));
    let server = Some(".m.rule.message");
    assert!(matches!(
        put(&mut rules, RuleKind::Underride, "f", json!({"actions": []}), (server, None)),
        Err(PushRuleError::UnknownNeighbor)
    ));
    assert_eq!(ids(&rules, content), ["b", "a", "c", "e", "d"], "a refused change changes nothing");
}

#[test]
fn a_replaced_rule_stays_switched_off() {
    let mut rules = PushRules::server_default(&me());
    for place in [FREE, (Some("y"), None)] {
        put(&mut rules, RuleKind::Content, "y", json!({"pattern": "y", "actions": []}), FREE)
            .unwrap();
        put(&mut rules, RuleKind::Content, "x", json!({"pattern": "x", "actions": []}), FREE)
            .unwrap();
        rules.set_enabled(RuleKind::Content, "x", false).unwrap();
        put(
            &mut rules,
            RuleKind::Content,
            "x",
            json!({"pattern": "z", "actions": ["notify"]}),
            place,
        )
        .unwrap();
        assert_eq!(rules.is_enabled(RuleKind::Content, "x"), Some(false));
        let rule: Value =
            serde_json::from_str(&rules.rule_json(RuleKind::Content, "x").unwrap()).unwrap();
        assert_eq!(
            rule,
            json!({"rule_id": "x", "default": false, "enabled": false, "pattern": "z", "actions": ["notify"]})
        );
    }
}

#[test]
fn changes_that_are_refused() {
    let mut rules = PushRules::server_default(&me());
    let actions = || json!({"actions": []});
    let before = rules.to_json();
    for (kind, id, body) in [
        (RuleKind::Override, ".mine", actions()),
        (RuleKind::Override, "a/b", actions()),
        (RuleKind::Override, "a\\b", actions()),
        (RuleKind::Room, "room", actions()),
        (RuleKind::Sender, "user", actions()),
        (RuleKind::Content, "x", actions()),
        (RuleKind::Override, "x", json!({})),
        (RuleKind::Override, "x", json!({"actions": "notify"})),
        (RuleKind::Override, "x", json!({"actions": [5]})),
        (RuleKind::Override, "x", json!({"actions": [], "conditions": {}})),
        (RuleKind::Override, "x", json!([])),
        (RuleKind::Override, "x", json!([["notify"]])),
    ] {
        assert!(put(&mut rules, kind, id, body.clone(), FREE).is_err(), "{id} {body}");
    }
    assert!(matches!(
        rules.remove(RuleKind::Override, ".m.rule.master"),
        Err(PushRuleError::ServerDefault)
    ));
    assert!(matches!(rules.remove(RuleKind::Override, "x"), Err(PushRuleError::NotFound)));
    assert!(matches!(
        rules.set_enabled(RuleKind::Room, "!x:s", true),
        Err(PushRuleError::NotFound)
    ));
    assert!(matches!(
        rules.set_actions(RuleKind::Room, "!x:s", b"{\"actions\":[]}"),
        Err(PushRuleError::NotFound)
    ));
    assert!(matches!(
        rules.set_actions(RuleKind::Override, ".m.rule.master", b"{"),
        Err(PushRuleError::NotJson(_))
    ));
    assert_eq!(rules.to_json(), before);
}

#[test]
fn stored_rules_are_brought_up_to_date() {
    let mut rules = PushRules::server_default(&me());
    put(&mut rules, RuleKind::Content, "x", json!({"pattern": "x", "actions": []}), FREE).unwrap();
    rules.set_enabled(RuleKind::Underride, ".m.rule.message", false).unwrap();
    rules
        .set_actions(RuleKind::Override, ".m.rule.tombstone", br#"{"actions":["notify"]}"#)
        .unwrap();
    let mut stored: Value = serde_json::from_str(&rules.to_json()).unwrap();
    stored["override"].as_array_mut().unwrap().retain(|rule| rule["rule_id"] != ".m.rule.reaction");
    let old = json!({"rule_id": ".m.rule.gone", "default": true, "enabled": true, "conditions": [], "actions": []});
    stored["override"].as_array_mut().unwrap().push(old);
    let read = PushRules::from_json(&stored.to_string(), &me()).unwrap();
    assert_eq!(read.to_json(), rules.to_json());
    let from_nothing = PushRules::from_json("{}", &me()).unwrap();
    assert_eq!(from_nothing.to_json(), PushRules::server_default(&me()).to_json());
}

#[test]
fn there_is_a_limit() {
    let json = |count: usize| {
        let rule = |n| json!({"rule_id": format!("r{n}"), "default": false, "enabled": true, "pattern": "x", "actions": []});
        json!({"content": (0..count).map(rule).collect::<Vec<_>>()}).to_string()
    };
    let mut rules = PushRules::from_json(&json(RULES_MAX - 1), &me()).unwrap();
    put(&mut rules, RuleKind::Content, "last", json!({"pattern": "x", "actions": []}), FREE)
        .unwrap();
    let over =
        put(&mut rules, RuleKind::Content, "over", json!({"pattern": "x", "actions": []}), FREE);
    assert!(matches!(over, Err(PushRuleError::TooMany)));
    let silent = br#"{"actions":[]}"#;
    rules.set_actions(RuleKind::Underride, ".m.rule.message", silent).unwrap();

    rules = PushRules::server_default(&me());
    let long = json!({"pattern": "x".repeat(RULES_BYTES_MAX), "actions": []});
    let over = put(&mut rules, RuleKind::Content, "long", long, FREE);
    assert!(matches!(over, Err(PushRuleError::TooLarge)));
    assert_eq!(rules.to_json(), PushRules::server_default(&me()).to_json());
}

#[test]
fn rules_about_threads_ask_for_the_subscription() {
    let says = |rules: &PushRules, in_thread: bool, is_subscribed: bool| {
        let event = event("m.room.message", None, &json!({ "msgtype": "m.text", "body": "fish" }));
        let room = RoomContext { member_count: 10, in_thread, sender_may_notify: &|_| false };
        let recipient = Recipient { is_subscribed, ..Recipient::default() };
        rules.prepare(&me()).evaluate(&PushEvent::new(&event, room), recipient).notifies
    };
    let mut rules = PushRules::server_default(&me());
    assert!(!rules.prepare(&me()).ask_for_threads());
    let before = rules.to_json();
    assert!(says(&rules, true, false), "without such rules it makes no difference");
    rules.ask_for_threads();
    rules.ask_for_threads();
    assert!(rules.prepare(&me()).ask_for_threads());
    assert_eq!(
        [(false, false), (true, false), (true, true)].map(|(a, b)| says(&rules, a, b)),
        [true, false, true]
    );
    // They stand behind the rules about contents, and before those about rooms.
    let silent = json!({ "actions": [] });
    put(&mut rules, RuleKind::Room, "!r:s", silent.clone(), FREE).unwrap();
    let body = json!({ "pattern": "fish", "actions": ["notify"] });
    put(&mut rules, RuleKind::Content, "fish", body, FREE).unwrap();
    assert!(says(&rules, true, false));
    rules.remove(RuleKind::Content, "fish").unwrap();
    let kind = RuleKind::PostContent;
    let (unsubscribed, subscribed) = (
        ".io.element.msc4306.rule.unsubscribed_thread",
        ".io.element.msc4306.rule.subscribed_thread",
    );
    assert_eq!(ids(&rules, kind), [unsubscribed, subscribed]);
    rules.set_enabled(kind, unsubscribed, false).unwrap();
    let loud = br#"{"actions":["notify",{"set_tweak":"highlight"}]}"#;
    rules.set_actions(kind, subscribed, loud).unwrap();
    let read = PushRules::from_json(&rules.to_json(), &me()).unwrap();
    assert_eq!(read.to_json(), rules.to_json());
    assert_eq!(read.is_enabled(kind, unsubscribed), Some(false));
    assert_eq!(read.actions(kind, subscribed).unwrap().len(), 2);
    assert_eq!(read.is_enabled(kind, "own"), None);
    for error in
        [rules.set_enabled(kind, "own", true).unwrap_err(), rules.remove(kind, "own").unwrap_err()]
    {
        assert!(matches!(error, PushRuleError::NotFound), "{error}");
    }
    let error = rules.remove(kind, subscribed).unwrap_err();
    assert!(matches!(error, PushRuleError::ServerDefault), "{error}");
    let error = put(&mut rules, kind, "own", silent, FREE).unwrap_err();
    assert!(matches!(error, PushRuleError::InvalidId), "{error}");
    assert!(!before.contains("postcontent"));
    // A user's own rule may ask for the same.
    let mut own = PushRules::server_default(&me());
    let body = json!({ "actions": [], "conditions": [
        { "kind": "io.element.msc4306.thread_subscription", "subscribed": false },
    ] });
    put(&mut own, RuleKind::Override, "threads", body, FREE).unwrap();
    assert_eq!([says(&own, true, false), says(&own, true, true)], [false, true]);
}
