use protocol::RoomVersion;
use serde_json::json;

use super::*;
use crate::testing::{create, user};

fn levels(json: &serde_json::Value) -> PowerLevels {
    PowerLevels::parse(RoomVersion::V12, &json.to_string()).unwrap()
}

#[test]
fn defaults() {
    let levels = levels(&json!({}));
    assert_eq!((levels.ban(), levels.kick(), levels.redact(), levels.invite()), (50, 50, 50, 0));
    assert_eq!((levels.event("x", true), levels.event("x", false)), (50, 0));
    assert_eq!((levels.users_default(), levels.notification("room")), (0, 50));
}

#[test]
fn named_levels() {
    let levels = levels(&json!({
        "ban": 1, "kick": 2, "redact": 3, "invite": 4, "state_default": 5, "events_default": 6,
        "users_default": 7, "events": {"x": 8}, "users": {"@u:s": 9}, "notifications": {"room": 10},
    }));
    assert_eq!((levels.ban(), levels.kick(), levels.redact(), levels.invite()), (1, 2, 3, 4));
    assert_eq!(
        (levels.event("y", true), levels.event("y", false), levels.event("x", true)),
        (5, 6, 8)
    );
    assert_eq!((levels.user_number(&user("@u:s")), levels.user_number(&user("@v:s"))), (9, 7));
    assert_eq!(levels.notification("room"), 10);
    assert_eq!(levels.users().count(), 1);
}

#[test]
fn creators() {
    let version = RoomVersion::V12;
    let create =
        CreateContent::parse(&create(version, json!({"additional_creators": ["@b:s2"]}))).unwrap();
    let levels = levels(&json!({"users_default": 10}));
    for (id, expected) in [
        ("@a:s1", UserLevel::Creator),
        ("@b:s2", UserLevel::Creator),
        ("@c:s1", UserLevel::Level(10)),
    ] {
        assert_eq!(levels.user(version, &create, &user(id)), expected);
    }
    assert!(UserLevel::Creator > UserLevel::Level(i64::MAX));
    assert!(UserLevel::Creator.reaches(i64::MAX) && !UserLevel::Level(9).reaches(10));
    assert_eq!(UserLevel::Creator.as_number(), i64::MAX);
    let old = PowerLevels::without_event(RoomVersion::V11, &create);
    assert_eq!(old.user_number(&user("@a:s1")), 100);
}

#[test]
fn changes() {
    let old =
        levels(&json!({"ban": 60, "events": {"x": 1, "y": 2}, "users": {"@u:s": 1, "@v:s": 2}}));
    let new =
        levels(&json!({"kick": 10, "events": {"x": 1, "y": 3}, "users": {"@v:s": 2, "@w:s": 5},
                             "notifications": {"room": 20}}));
    let changes: Vec<_> = new
        .changes_from(&old, true)
        .map(|change| (change.of_user.map(UserId::as_str), change.old, change.new))
        .collect();
    assert_eq!(
        changes,
        [
            (None, Some(60), Some(50)),
            (None, Some(50), Some(10)),
            (None, Some(2), Some(3)),
            (None, None, Some(20)),
            (Some("@u:s"), Some(1), None),
            (Some("@w:s"), None, Some(5)),
        ]
    );
    assert_eq!(new.changes_from(&old, false).count(), 5);
    assert_eq!(new.changes_from(&new, true).count(), 0);
}
