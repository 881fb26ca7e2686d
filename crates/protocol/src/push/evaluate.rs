//! What a user's rules say about an event.
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

use super::PushRules;
use crate::{
    Pdu,
    ids::{OwnedRoomId, OwnedUserId, UserId},
};

/// What conditions ask about the room, at the event.
#[derive(Clone, Copy, Debug)]
pub struct RoomContext {
    /// How many have joined.
    pub member_count: u64,
    /// The sender's power level. For a creator who stands above all levels: `i64::MAX`.
    pub sender_level: i64,
    /// The level that `@room` needs (`notifications.room`, 50 if it is not set).
    pub room_notification_level: i64,
}

/// An event prepared for the rules of many users. Making one costs a parse; asking it does not.
#[derive(Clone, Debug)]
pub struct PushEvent {
    flattened: FlattenedJson,
    sender: OwnedUserId,
    room_id: OwnedRoomId,
    member_count: UInt,
    power_levels: PushConditionPowerLevelsCtx,
}

/// What a user's rules say.
#[derive(Clone, Copy, Debug)]
pub struct Verdict<'a> {
    /// The rule that has matched; `None` if none has, or it is the user's own event.
    pub rule_id: Option<&'a str>,
    /// Its actions.
    pub actions: &'a [Action],
}

impl Verdict<'_> {
    /// Whether the event counts as unread and pushes.
    #[must_use]
    pub fn notifies(&self) -> bool {
        self.actions.iter().any(Action::should_notify)
    }

    /// Whether the event counts as a highlight.
    #[must_use]
    pub fn highlights(&self) -> bool {
        self.actions.iter().any(Action::is_highlight)
    }
}

impl PushEvent {
    /// Prepares `event`.
    #[must_use]
    pub fn new(event: &Pdu, room: &RoomContext) -> Self {
        let mut json = String::new();
        event.write_client_format(&mut json, None, true);
        // The client format of an event is always JSON; were it not, no condition would match.
        let raw = RawValue::from_string(json).unwrap_or_else(|_| RawValue::NULL.to_owned());
        let sender = event.sender().to_owned();
        let mut notifications = NotificationPowerLevels::new();
        notifications.room = Int::new_saturating(room.room_notification_level);
        Self {
            flattened: FlattenedJson::from_raw(&Raw::<()>::from_json(raw)),
            room_id: event.room_id().to_owned(),
            member_count: UInt::new_saturating(room.member_count),
            power_levels: PushConditionPowerLevelsCtx::new(
                BTreeMap::from([(sender.clone(), Int::new_saturating(room.sender_level))]),
                Int::default(),
                notifications,
                RoomPowerLevelsRules::new(&AuthorizationRules::V1, []),
            ),
            sender,
        }
    }

    /// What `rules` of `user`, who is called `display_name` in the room, say. Nobody is notified of their own events.
    #[must_use]
    pub fn evaluate<'r>(
        &self,
        rules: &'r PushRules,
        user: &UserId,
        display_name: &str,
    ) -> Verdict<'r> {
        let nothing = Verdict { rule_id: None, actions: &[] };
        if self.sender == user {
            return nothing;
        }
        let context = PushConditionRoomCtx::new(
            self.room_id.clone(),
            self.member_count,
            user.to_owned(),
            display_name.to_owned(),
        )
        .with_power_levels(self.power_levels.clone());
        let matching = rules.0.iter().find(|rule| ready(rule.applies(&self.flattened, &context)));
        matching.map_or(nothing, |rule| Verdict {
            rule_id: Some(rule.rule_id()),
            actions: rule.actions(),
        })
    }
}

/// ruma's matching is async for one condition that asks an outside service and that this crate does not use, so the
/// future is ready at once. Were it not, the rule would not match.
fn ready(future: impl Future<Output = bool>) -> bool {
    let mut context = Context::from_waker(Waker::noop());
    matches!(pin!(future).poll(&mut context), Poll::Ready(true))
}
