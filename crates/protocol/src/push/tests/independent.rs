//! ruma's evaluation of push rules, against which ours is held.
use std::{
    collections::BTreeMap,
    pin::pin,
    task::{Context, Poll, Waker},
};

use ruma::{
    Int, UInt,
    power_levels::NotificationPowerLevels,
    push::{Action, FlattenedJson, PushConditionPowerLevelsCtx, PushConditionRoomCtx},
    room_version_rules::{AuthorizationRules, RoomPowerLevelsRules},
    serde::Raw,
};
use serde_json::value::RawValue;

use super::{Outcome, PushRules, Room, me};
use crate::Pdu;

/// The rule that matches, and what it says.
pub(super) fn evaluate(rules: &PushRules, event: &Pdu, room: Room) -> (Option<String>, Outcome) {
    let mut json = String::new();
    event.write_client_format(&mut json, None, true);
    let raw = Raw::<()>::from_json(RawValue::from_string(json).unwrap());
    let mut notifications = NotificationPowerLevels::new();
    notifications.room = Int::new(50).unwrap();
    let levels = PushConditionPowerLevelsCtx::new(
        BTreeMap::from([(event.sender().to_owned(), Int::new_saturating(room.sender_level))]),
        Int::default(),
        notifications,
        RoomPowerLevelsRules::new(&AuthorizationRules::V1, []),
    );
    let context = PushConditionRoomCtx::new(
        event.room_id().to_owned(),
        UInt::new_saturating(room.member_count),
        me(),
        "Me".to_owned(),
    )
    .with_power_levels(levels);
    let event = FlattenedJson::from_raw(&raw);
    // It is async for a condition that we do not use: the future is ready at once.
    let mut task = Context::from_waker(Waker::noop());
    let matching = rules.rules.iter().find(|rule| {
        matches!(pin!(rule.applies(&event, &context)).poll(&mut task), Poll::Ready(true))
    });
    let Some(rule) = matching else { return (None, Outcome::default()) };
    let notifies = rule.actions().iter().any(Action::should_notify);
    let highlights = notifies && rule.actions().iter().any(Action::is_highlight);
    (Some(rule.rule_id().to_owned()), Outcome { notifies, highlights })
}
