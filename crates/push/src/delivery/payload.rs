//! What a gateway is told ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/push-gateway-api/#post_matrixpushv1notify
use protocol::push::{Action, tweaks};
use serde_json::{Map, Value, json};
use store::pushers::PusherRow;

use super::{Settings, pending::Notification};
use crate::evaluation;

/// The format of pushers that are told nothing but that there is an event.
const EVENT_ID_ONLY: &str = "event_id_only";

/// What is said in every notification of one pusher.
pub(super) struct Payload<'a> {
    pub(super) row: &'a PusherRow,
    pub(super) settings: &'a Settings,
    /// How much is unread.
    pub(super) badge: u64,
}

impl Payload<'_> {
    /// There is an event.
    pub(super) fn of_event(&self, notification: &Notification) -> Value {
        let Notification { event, facts, actions, user_id, .. } = notification;
        let data = self.data();
        let is_bare = data.get("format").and_then(Value::as_str) == Some(EVENT_ID_ONLY);
        let mut told = Map::new();
        let mut tell = |name: &str, value: Value| drop(told.insert(name.to_owned(), value));
        tell("event_id", json!(event.pdu.event_id()));
        tell("room_id", json!(facts.room_id));
        tell("prio", json!(priority(event.pdu.kind(), actions)));
        tell("counts", self.counts());
        let mut sounds = tweaks(actions);
        if is_bare {
            sounds.clear();
        } else {
            tell("type", json!(event.pdu.kind()));
            tell("sender", json!(event.pdu.sender()));
            tell("sender_display_name", json!(facts.display_name(event.pdu.sender())));
            tell("room_name", json!(facts.state_text("m.room.name", "name")));
            tell("room_alias", json!(facts.state_text("m.room.canonical_alias", "alias")));
            if event.pdu.kind() == "m.room.member"
                && let Some(target) = event.pdu.state_key()
            {
                tell("user_is_target", json!(target == user_id.as_str()));
                tell("membership", json!(event.membership().map(rooms::Membership::as_str)));
            }
            if self.settings.include_content {
                tell("content", serde_json::from_str(event.pdu.content()).unwrap_or_default());
            }
        }
        told.retain(|_, value| !value.is_null());
        told.insert("devices".to_owned(), self.devices(&data, sounds));
        json!({ "notification": told })
    }

    /// It has changed how much is unread.
    pub(super) fn of_badge(&self) -> Value {
        // Not left out if it is zero: it is all that is told.
        let counts = json!({ "unread": self.badge });
        let devices = self.devices(&self.data(), Map::new());
        json!({ "notification": { "counts": counts, "devices": devices, "prio": "low" } })
    }

    fn counts(&self) -> Value {
        if self.badge == 0 { json!({}) } else { json!({ "unread": self.badge }) }
    }

    /// The data of the pusher as its gateway gets it: the URL is none of its business.
    fn data(&self) -> Map<String, Value> {
        let mut data: Map<String, Value> =
            serde_json::from_str(&self.row.settings.data).unwrap_or_default();
        data.remove("url");
        data
    }

    fn devices(&self, data: &Map<String, Value>, tweaks: Map<String, Value>) -> Value {
        let mut device = json!({
            "app_id": self.row.settings.app_id,
            "pushkey": self.row.settings.pushkey,
            "pushkey_ts": self.row.set_ts / 1_000,
            "data": data,
        });
        if !tweaks.is_empty() {
            device["tweaks"] = Value::Object(tweaks);
        }
        json!([device])
    }
}

/// Whether a device has to be woken for it: for what makes a sound or highlights, and for what may do so once it is
/// decrypted.
fn priority(kind: &str, actions: &[Action]) -> &'static str {
    let is_loud = kind == "m.room.encrypted"
        || evaluation::highlights(actions)
        || tweaks(actions).contains_key("sound");
    if is_loud { "high" } else { "low" }
}
