//! Push rules: bodies of the API put into a user's rules, and rule sets read from storage and asked about an event. The
//! first byte chooses the kind and the neighbors.
#![no_main]
use libfuzzer_sys::fuzz_target;
use protocol::{
    Pdu, RoomVersion,
    ids::UserId,
    push::{PushEvent, PushRules, Recipient, RoomContext, RuleKind},
};

const EVENT: &str = r#"{"auth_events":[],"content":{"body":"so long","m.mentions":{"user_ids":["@u:s"]}},"depth":1,"origin_server_ts":1,"prev_events":[],"room_id":"!r:s","sender":"@v:s","type":"m.room.message"}"#;

fuzz_target!(|bytes: &[u8]| {
    let Some((first, body)) = bytes.split_first() else { return };
    let user = <&UserId>::try_from("@u:s").expect("a user id");
    let kind = RuleKind::ALL[usize::from(first & 7) % RuleKind::ALL.len()];
    let neighbor =
        |bits: u8| [None, Some("a"), Some("b"), Some(".m.rule.message")][usize::from(bits & 3)];
    let mut rules = PushRules::server_default(user);
    for id in ["a", "b", "a", "!r:s", "@v:s"] {
        let _ = rules.put(kind, id, body, neighbor(first >> 3), neighbor(first >> 5));
    }
    let _ = rules.set_actions(kind, "a", body);
    let text = rules.to_json();
    assert_eq!(PushRules::from_json(&text, user).expect("written rules are read").to_json(), text);

    let id = "$e".try_into().expect("an event id");
    let event = Pdu::from_stored(id, RoomVersion::V12, EVENT).expect("an event");
    let sender_may_notify = &|key: &str| key == "room";
    let room = RoomContext { member_count: 2, in_thread: true, sender_may_notify };
    let event = PushEvent::new(&event, room);
    let named = Recipient {
        is_mentioned: true,
        is_state_key: false,
        is_subscribed: true,
        display_name: Some("U"),
    };
    let mut all = vec![rules];
    all.extend(std::str::from_utf8(body).ok().and_then(|text| PushRules::from_json(text, user).ok()));
    for rules in all {
        let prepared = rules.prepare(user);
        for recipient in [Recipient::default(), named] {
            let outcome = prepared.evaluate(&event, recipient);
            assert!(outcome.notifies || !outcome.highlights);
        }
    }
});
