use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::{Pdu, RoomVersion};

fn filter(json: &serde_json::Value) -> RoomEventFilter {
    RoomEventFilter::parse(json.to_string().as_bytes()).unwrap()
}

fn event(kind: &str, sender: &str, content: &serde_json::Value) -> Pdu {
    let json = json!({
        "auth_events": [], "content": content, "depth": 1, "origin_server_ts": 1, "prev_events": [],
        "room_id": "!r:s", "sender": sender, "type": kind,
    });
    Pdu::from_stored("$e".try_into().unwrap(), RoomVersion::V12, json.to_string()).unwrap()
}

#[test]
fn lists_that_are_absent_empty_or_both() {
    let message = event("m.room.message", "@a:s", &json!({}));
    let passes = |json| filter(&json).matches(&message);
    assert!(passes(json!({})));
    assert!(passes(json!({"types": null, "senders": null, "limit": null})));
    assert!(!passes(json!({"types": []})));
    assert!(passes(json!({"not_types": []})));
    assert!(!passes(json!({"types": ["m.room.*"], "not_types": ["*.message"]})));
    assert!(passes(json!({"senders": ["@a:s"]})));
    assert!(!passes(json!({"senders": ["@a:s"], "not_senders": ["@a:s"]})));
    assert!(!passes(json!({"senders": ["@b:s"]})));
    assert!(!passes(json!({"rooms": ["!x:s"]})));
    assert!(!passes(json!({"not_rooms": ["!r:s"]})));
}

#[test]
fn urls_in_the_content() {
    let with = event("m.room.message", "@a:s", &json!({"url": "mxc://s/x"}));
    let without = event("m.room.message", "@a:s", &json!({"info": {"url": "x"}}));
    for (wanted, matching) in [(true, &with), (false, &without)] {
        let filter = filter(&json!({"contains_url": wanted}));
        assert!(filter.matches(matching));
        assert_eq!(filter.matches(&with), wanted);
        assert!(!filter.allows_everything());
    }
}

#[test]
fn what_lets_everything_through() {
    assert!(
        filter(&json!({"limit": 5, "lazy_load_members": true, "unknown": [1]})).allows_everything()
    );
    assert!(!filter(&json!({"not_types": []})).allows_everything());
}

#[test]
fn stars_in_types() {
    for (pattern, text, expected) in [
        ("*", "", true),
        ("*", "x", true),
        ("", "", true),
        ("", "x", false),
        ("a*", "a", true),
        ("a*b", "ab", true),
        ("a*b", "axb", true),
        ("a*b", "abx", false),
        ("a*a", "a", false),
        ("m.room.*", "m.room.message", true),
        ("m.room.*", "m_room.message", false),
        ("*b*", "abc", true),
        ("a*b*c", "a1b2c", true),
        ("a*b*c", "acb", false),
        ("**", "x", true),
        ("*é*", "café!", true),
        ("a?c", "abc", false),
    ] {
        let globs = Globs::try_from(vec![pattern.to_owned()]).unwrap();
        assert_eq!(globs.matches(text), expected, "{pattern} on {text}");
    }
}

#[test]
fn a_whole_filter_is_read_and_written() {
    let json = json!({
        "event_fields": ["type", "content.body"], "event_format": "federation",
        "presence": {"types": []}, "account_data": {"limit": 3},
        "room": {
            "rooms": ["!a:s"], "include_leave": true,
            "state": {"lazy_load_members": true, "include_redundant_members": true},
            "timeline": {"limit": 20, "types": ["m.*"], "unread_thread_notifications": true},
            "ephemeral": null,
        },
    });
    let filter = Filter::parse(json.to_string().as_bytes()).unwrap();
    assert_eq!(filter.room.timeline.events.limit, Some(20));
    assert!(filter.room.state.lazy_load_members && filter.room.state.include_redundant_members);
    assert!(filter.room.timeline.unread_thread_notifications && filter.room.include_leave);
    assert_eq!(filter.event_format, EventFormat::Federation);
    let written = serde_json::to_vec(&filter).unwrap();
    assert_eq!(Filter::parse(&written).unwrap(), filter);
    assert_eq!(Filter::parse(b"{}").unwrap(), Filter::default());
}

#[test]
fn bad_values_are_errors() {
    for bad in [
        json!([]),
        json!(null),
        json!({"room": []}),
        json!({"room": {"timeline": []}}),
        json!({"presence": []}),
        json!({"event_format": "x"}),
        json!({"room": 1}),
        json!({"room": {"rooms": "!a:s"}}),
        json!({"room": {"rooms": ["a"]}}),
        json!({"room": {"timeline": {"limit": -1}}}),
        json!({"room": {"timeline": {"limit": "5"}}}),
        json!({"room": {"timeline": {"senders": ["alice"]}}}),
        json!({"room": {"timeline": {"types": [1]}}}),
        json!({"event_fields": [null]}),
        json!({"room": {"timeline": {"types": vec!["x"; LIST_MAX + 1]}}}),
        json!({"room": {"rooms": vec!["!x:s"; LIST_MAX + 1]}}),
        json!({"room": {"timeline": {"contains_url": "yes"}}}),
    ] {
        let error = Filter::parse(bad.to_string().as_bytes()).unwrap_err();
        assert!(!error.is_not_json(), "{bad}");
    }
    assert!(Filter::parse(b"{").unwrap_err().is_not_json());
    let deep = "{\"room\":".repeat(10_000);
    assert!(Filter::parse(deep.as_bytes()).is_err());
}

#[test]
fn only_the_named_fields_are_left() {
    let select = |fields: &[&str], event: serde_json::Value| {
        let fields =
            EventFields::try_from(fields.iter().map(|f| (*f).to_owned()).collect::<Vec<_>>());
        serde_json::Value::Object(fields.unwrap().select(event.as_object().unwrap()))
    };
    let event = json!({"type": "t", "content": {"body": "b", "m.x": {"y": 1}, "z": 2}, "n": 1});
    assert_eq!(select(&["type"], event.clone()), json!({"type": "t"}));
    assert_eq!(
        select(&["content.body", "content.m\\.x.y", "content.none", "n.deep"], event.clone()),
        json!({"content": {"body": "b", "m.x": {"y": 1}}})
    );
    assert_eq!(
        select(&["content", "content.body"], event.clone()),
        json!({"content": event["content"]})
    );
    assert_eq!(select(&[], event), json!({}));
    assert_eq!(select(&["a\\\\b"], json!({"a\\b": 1})), json!({"a\\b": 1}));
}

/// A slow and obvious matcher to compare with.
fn reference_glob(pattern: &[char], text: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['*', rest @ ..] => (0..=text.len()).any(|cut| reference_glob(rest, &text[cut..])),
        [first, rest @ ..] => text.first() == Some(first) && reference_glob(rest, &text[1..]),
    }
}

proptest! {
    #[test]
    fn globs_agree_with_the_obvious_matcher(pattern in "[ab*é]{0,8}", text in "[abé]{0,10}") {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        let globs = Globs::try_from(vec![pattern.clone()]).unwrap();
        prop_assert_eq!(globs.matches(&text), reference_glob(&chars(&pattern), &chars(&text)));
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Filter::parse(&bytes);
    }
}
