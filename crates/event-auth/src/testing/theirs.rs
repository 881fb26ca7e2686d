//! ruma-state-res, the independent implementation that ours is compared with.
use protocol::{
    Pdu, RoomVersion,
    ids::{OwnedEventId, OwnedRoomId, OwnedUserId, RoomId, UserId},
};
use ruma::{
    MilliSecondsSinceUnixEpoch, UInt,
    events::{StateEventType, TimelineEventType},
    room_version_rules::RoomVersionRules,
    state_res::{self, Event},
};
use serde_json::value::RawValue;

use super::TestState;
use crate::State as _;

const RULES: [RoomVersionRules; 12] = [
    RoomVersionRules::V1,
    RoomVersionRules::V2,
    RoomVersionRules::V3,
    RoomVersionRules::V4,
    RoomVersionRules::V5,
    RoomVersionRules::V6,
    RoomVersionRules::V7,
    RoomVersionRules::V8,
    RoomVersionRules::V9,
    RoomVersionRules::V10,
    RoomVersionRules::V11,
    RoomVersionRules::V12,
];

pub(crate) fn rules(version: RoomVersion) -> &'static RoomVersionRules {
    let index = RoomVersion::ALL.iter().position(|other| *other == version).unwrap();
    &RULES[index]
}

/// One of our events, as ruma wants to see it.
#[derive(Clone, Debug)]
pub(crate) struct Theirs {
    id: OwnedEventId,
    room_id: Option<OwnedRoomId>,
    sender: OwnedUserId,
    sent_at: MilliSecondsSinceUnixEpoch,
    kind: TimelineEventType,
    content: Box<RawValue>,
    state_key: Option<String>,
    prev_events: Vec<OwnedEventId>,
    auth_events: Vec<OwnedEventId>,
    redacts: Option<OwnedEventId>,
}

impl From<&Pdu> for Theirs {
    fn from(pdu: &Pdu) -> Self {
        let has_room_id = pdu.json().contains("\"room_id\"");
        let sent_at = UInt::try_from(pdu.origin_server_ts()).unwrap();
        Self {
            id: pdu.event_id().to_owned(),
            room_id: has_room_id.then(|| pdu.room_id().to_owned()),
            sender: pdu.sender().to_owned(),
            sent_at: MilliSecondsSinceUnixEpoch(sent_at),
            kind: pdu.kind().into(),
            content: RawValue::from_string(pdu.content().to_owned()).unwrap(),
            state_key: pdu.state_key().map(str::to_owned),
            prev_events: pdu.prev_events().map(ToOwned::to_owned).collect(),
            auth_events: pdu.auth_events().map(ToOwned::to_owned).collect(),
            redacts: pdu.redacts().map(ToOwned::to_owned),
        }
    }
}

impl Event for Theirs {
    type Id = OwnedEventId;

    fn event_id(&self) -> &OwnedEventId {
        &self.id
    }

    fn room_id(&self) -> Option<&RoomId> {
        self.room_id.as_deref()
    }

    fn sender(&self) -> &UserId {
        &self.sender
    }

    fn origin_server_ts(&self) -> MilliSecondsSinceUnixEpoch {
        self.sent_at
    }

    fn event_type(&self) -> &TimelineEventType {
        &self.kind
    }

    fn content(&self) -> &RawValue {
        &self.content
    }

    fn state_key(&self) -> Option<&str> {
        self.state_key.as_deref()
    }

    fn prev_events(&self) -> Box<dyn DoubleEndedIterator<Item = &OwnedEventId> + '_> {
        Box::new(self.prev_events.iter())
    }

    fn auth_events(&self) -> Box<dyn DoubleEndedIterator<Item = &OwnedEventId> + '_> {
        Box::new(self.auth_events.iter())
    }

    fn redacts(&self) -> Option<&OwnedEventId> {
        self.redacts.as_ref()
    }

    fn rejected(&self) -> bool {
        false
    }
}

/// What ruma says about `event` after `state`.
pub(crate) fn authorize(
    version: RoomVersion,
    event: &Pdu,
    state: &TestState,
) -> Result<(), String> {
    let rules = &rules(version).authorization;
    if event.kind() == "m.room.create" {
        let none = |_: &protocol::ids::EventId| -> Option<Theirs> { None };
        return state_res::check_state_independent_auth_rules(rules, Theirs::from(event), none);
    }
    let fetch =
        |kind: &StateEventType, key: &str| state.get(&kind.to_string(), key).map(Theirs::from);
    state_res::check_state_dependent_auth_rules(rules, Theirs::from(event), fetch)
}

/// Which state ruma says decides over `event`, sorted; `None` if it finds the event malformed.
pub(crate) fn auth_types(version: RoomVersion, event: &Pdu) -> Option<Vec<(String, String)>> {
    let content = RawValue::from_string(event.content().to_owned()).unwrap();
    let types = state_res::auth_types_for_event(
        &event.kind().into(),
        event.sender(),
        event.state_key(),
        &content,
        &rules(version).authorization,
    );
    let mut types: Vec<_> =
        types.ok()?.into_iter().map(|(kind, key)| (kind.to_string(), key)).collect();
    types.sort();
    Some(types)
}
