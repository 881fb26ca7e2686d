use super::*;
use crate::{RoomVersion, canonical::parse_object};

#[test]
fn boundaries() {
    assert!(check_event_bytes(65_536).is_ok());
    assert_eq!(check_event_bytes(65_537), Err(LimitError::EventTooLarge { bytes: 65_537 }));
    assert!(check_field("type", &"a".repeat(255)).is_ok());
    let too_long = Err(LimitError::FieldTooLong { field: "type" });
    assert_eq!(check_field("type", &"a".repeat(256)), too_long);
    assert!(check_field("type", &"é".repeat(127)).is_ok());
    assert_eq!(check_field("type", &"é".repeat(128)), too_long, "bytes count, not characters");
    assert_eq!(check_field("type", "a\0"), Err(LimitError::Nul { field: "type" }));
    assert!(check_references(20, 10).is_ok());
    let too_many = |field| Err(LimitError::TooManyReferences { field });
    assert_eq!(check_references(21, 10), too_many("prev_events"));
    assert_eq!(check_references(20, 11), too_many("auth_events"));
}

/// F10: each limit one below, at, and above, in each room version.
#[test]
fn events_from_outside_at_each_boundary() {
    for version in RoomVersion::ALL {
        for (field, sigil) in
            [("type", ""), ("state_key", ""), ("sender", "@"), ("room_id", "!"), ("event_id", "$")]
        {
            for (length, good) in [(254, true), (255, true), (256, false)] {
                let value = format!("{sigil}{}", "a".repeat(length - sigil.len()));
                let event = parse_object(format!(r#"{{"{field}":"{value}"}}"#).as_bytes()).unwrap();
                let unused = field == "event_id" && version >= RoomVersion::V3;
                let checked = check_object(&event, 100, version);
                assert_eq!(checked.is_ok(), good || unused, "{field} of {length} in {version}");
            }
        }
        for (field, most) in [("prev_events", 20), ("auth_events", 10)] {
            for (count, good) in [(most - 1, true), (most, true), (most + 1, false)] {
                let ids = vec!["\"$a\""; count].join(",");
                let event = parse_object(format!(r#"{{"{field}":[{ids}]}}"#).as_bytes()).unwrap();
                assert_eq!(check_object(&event, 100, version).is_ok(), good, "{count} {field}");
            }
        }
    }
}
