//! Events and states for this crate's tests, and the same ones as ruma's state resolution wants them.
use std::{collections::BTreeMap, sync::Arc};

use protocol::{
    Pdu, RoomVersion,
    ids::{OwnedEventId, OwnedUserId, UserId},
};
use serde_json::{Value, json};

use crate::{State, StateKey};

pub(crate) mod theirs;

/// How many cases a property test runs: `default`, or what `LONGHOUSE_TEST_CASES` says.
pub(crate) fn cases(default: u32) -> u32 {
    let set = std::env::var("LONGHOUSE_TEST_CASES").ok();
    set.and_then(|count| count.parse().ok()).unwrap_or(default)
}

/// An event to be made; what is not said is empty.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) name: String,
    pub(crate) sender: &'static str,
    pub(crate) kind: String,
    pub(crate) state_key: Option<String>,
    pub(crate) content: Value,
    pub(crate) prev_events: Vec<OwnedEventId>,
    pub(crate) auth_events: Vec<OwnedEventId>,
    pub(crate) sent_at: i64,
    pub(crate) redacts: Option<String>,
}

impl Draft {
    pub(crate) fn new(name: &str, sender: &'static str, kind: &str, content: Value) -> Self {
        Self {
            name: name.to_owned(),
            sender,
            kind: kind.to_owned(),
            state_key: None,
            content,
            prev_events: vec![],
            auth_events: vec![],
            sent_at: 1_000,
            redacts: None,
        }
    }

    pub(crate) fn state(mut self, state_key: &str) -> Self {
        self.state_key = Some(state_key.to_owned());
        self
    }

    pub(crate) fn after(mut self, prev_events: &[&Pdu]) -> Self {
        self.prev_events = prev_events.iter().map(|event| event.event_id().to_owned()).collect();
        self
    }

    pub(crate) fn allowed_by(mut self, auth_events: &[&Pdu]) -> Self {
        self.auth_events = auth_events.iter().map(|event| event.event_id().to_owned()).collect();
        self
    }

    pub(crate) fn at(mut self, sent_at: i64) -> Self {
        self.sent_at = sent_at;
        self
    }

    pub(crate) fn make(&self, version: RoomVersion) -> Pdu {
        let is_create = self.kind == "m.room.create" && self.state_key.as_deref() == Some("");
        let ids = |ids: &[OwnedEventId]| -> Value {
            let pair = |id: &OwnedEventId| json!([id, {"sha256": ""}]);
            if version.references_are_ids() { json!(ids) } else { ids.iter().map(pair).collect() }
        };
        let mut event = json!({
            "auth_events": ids(&self.auth_events), "content": self.content, "depth": 1,
            "origin_server_ts": self.sent_at, "prev_events": ids(&self.prev_events),
            "sender": self.sender, "type": self.kind,
        });
        if !(is_create && version.create_event_is_room_id()) {
            event["room_id"] = room_id(version).into();
        }
        if let Some(state_key) = &self.state_key {
            event["state_key"] = state_key.as_str().into();
        }
        if let Some(redacts) = &self.redacts {
            event["redacts"] = redacts.as_str().into();
        }
        Pdu::from_stored(id(version, &self.name, self.sender), version, event.to_string()).unwrap()
    }
}

/// `$name`, in versions 1 and 2 with the sender's server.
pub(crate) fn id(version: RoomVersion, name: &str, sender: &str) -> OwnedEventId {
    let server = <&UserId>::try_from(sender).unwrap().server_name();
    let text =
        if version <= RoomVersion::V2 { format!("${name}:{server}") } else { format!("${name}") };
    text.try_into().unwrap()
}

pub(crate) fn room_id(version: RoomVersion) -> &'static str {
    if version.create_event_is_room_id() { "!create" } else { "!room:s1" }
}

pub(crate) fn user(id: &str) -> OwnedUserId {
    id.try_into().unwrap()
}

/// A state that owns its events.
#[derive(Clone, Debug, Default)]
pub(crate) struct TestState(pub(crate) BTreeMap<StateKey, Arc<Pdu>>);

impl TestState {
    pub(crate) fn set(&mut self, event: Pdu) -> Arc<Pdu> {
        let event = Arc::new(event);
        let key = (event.kind().to_owned(), event.state_key().unwrap().to_owned());
        self.0.insert(key, Arc::clone(&event));
        event
    }

    /// A room of `version` that `@a:s1` has made and joined, where `@b:s1` is in too, with power levels.
    pub(crate) fn room(version: RoomVersion, power_levels: Value) -> Self {
        let mut state = Self::default();
        state.set(create(version, json!({})));
        state.set(member("@a:s1", "@a:s1", "join").make(version));
        state.set(member("@b:s1", "@b:s1", "join").make(version));
        state.set(
            Draft::new("rules", "@a:s1", "m.room.join_rules", json!({"join_rule": "invite"}))
                .state("")
                .make(version),
        );
        if !power_levels.is_null() {
            state.set(
                Draft::new("levels", "@a:s1", "m.room.power_levels", power_levels)
                    .state("")
                    .make(version),
            );
        }
        state
    }
}

impl State for TestState {
    fn get(&self, kind: &str, state_key: &str) -> Option<&Pdu> {
        self.0.get(&(kind.to_owned(), state_key.to_owned())).map(|event| &**event)
    }
}

/// The create event of `@a:s1`, with what `extra` adds to its content.
pub(crate) fn create(version: RoomVersion, extra: Value) -> Pdu {
    let mut content = json!({"room_version": version.as_str(), "creator": "@a:s1"});
    if let Value::Object(extra) = extra {
        content.as_object_mut().unwrap().extend(extra);
    }
    Draft::new("create", "@a:s1", "m.room.create", content).state("").make(version)
}

pub(crate) fn member(sender: &'static str, target: &str, membership: &str) -> Draft {
    let name = format!("{}-{membership}", target.trim_start_matches('@').replace(':', "-"));
    Draft::new(&name, sender, "m.room.member", json!({"membership": membership})).state(target)
}
