//! What an application service is told at once ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/application-service-api/#put_matrixappv1transactionstxnid
use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use protocol::ids::{OwnedDeviceId, OwnedRoomId, OwnedUserId};
use rooms::Event;
use serde::Serialize;
use serde_json::{Value, json, value::RawValue};
use store::{UserNum, presence::Shown};

use super::Error;

/// By user and device.
pub(super) type ByDevice<T> = BTreeMap<OwnedUserId, BTreeMap<OwnedDeviceId, T>>;

/// Everything between two positions.
#[derive(Default)]
pub(super) struct Transaction {
    /// Up to where.
    pub(super) until: i64,
    pub(super) events: Vec<Arc<Event>>,
    /// Receipts, as events.
    pub(super) receipts: Vec<Value>,
    /// Who came and went, as events. What they say is old when the next ones come.
    pub(super) presence: Vec<Value>,
    /// Typing notices, as events. What they say is old when the next ones come.
    pub(super) typing: Vec<Value>,
    /// The last change of typing that is in it, or was before.
    pub(super) typing_serial: u64,
    pub(super) to_device: Vec<ToDevice>,
    pub(super) device_lists: DeviceLists,
    pub(super) key_counts: ByDevice<BTreeMap<String, i64>>,
    pub(super) fallback_keys: ByDevice<Vec<String>>,
}

/// A message to one device.
pub(super) struct ToDevice {
    pub(super) user: UserNum,
    pub(super) user_id: OwnedUserId,
    pub(super) device_id: OwnedDeviceId,
    pub(super) position: i64,
    /// The event: type, sender and content, as JSON.
    pub(super) message: String,
}

/// Whose devices or keys have changed, and with whom no user of the application service shares a room any more.
#[derive(Default, Serialize)]
pub(super) struct DeviceLists {
    pub(super) changed: Vec<OwnedUserId>,
    pub(super) left: Vec<OwnedUserId>,
}

#[derive(Serialize)]
struct Body<'a> {
    events: &'a [Box<RawValue>],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    ephemeral: &'a [&'a Value],
    #[serde(rename = "de.sorunome.msc2409.ephemeral", skip_serializing_if = "<[_]>::is_empty")]
    older_ephemeral: &'a [&'a Value],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    to_device: &'a [Value],
    #[serde(rename = "de.sorunome.msc2409.to_device", skip_serializing_if = "<[_]>::is_empty")]
    older_to_device: &'a [Value],
    #[serde(rename = "org.matrix.msc3202.device_lists", skip_serializing_if = "is_unchanged")]
    device_lists: &'a DeviceLists,
    #[serde(
        rename = "org.matrix.msc3202.device_one_time_keys_count",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    key_counts: &'a ByDevice<BTreeMap<String, i64>>,
    // As the first implementations called it; bridges read either.
    #[serde(
        rename = "org.matrix.msc3202.device_one_time_key_counts",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    older_key_counts: &'a ByDevice<BTreeMap<String, i64>>,
    #[serde(
        rename = "org.matrix.msc3202.device_unused_fallback_key_types",
        skip_serializing_if = "BTreeMap::is_empty"
    )]
    fallback_keys: &'a ByDevice<Vec<String>>,
}

fn is_unchanged(lists: &DeviceLists) -> bool {
    lists.changed.is_empty() && lists.left.is_empty()
}

impl Transaction {
    /// Whether there is nothing to tell.
    pub(super) fn is_empty(&self) -> bool {
        !self.is_durable() && self.typing.is_empty() && self.presence.is_empty()
    }

    /// Whether there is something that must not be lost.
    pub(super) fn is_durable(&self) -> bool {
        !self.events.is_empty()
            || !self.receipts.is_empty()
            || !self.to_device.is_empty()
            || !is_unchanged(&self.device_lists)
    }

    /// As JSON; `events` are the transaction's, rendered. An application service of before v1.13 of the specification
    /// (`is_older`) finds everything by its unstable name, too.
    pub(super) fn body(&self, events: &[Box<RawValue>], is_older: bool) -> Result<Bytes, Error> {
        let to_device = self.to_device.iter().map(ToDevice::to_json);
        let to_device = to_device.collect::<Result<Vec<_>, _>>()?;
        let ephemeral = self.receipts.iter().chain(&self.presence).chain(&self.typing);
        let ephemeral: Vec<&Value> = ephemeral.collect();
        let body = Body {
            events,
            ephemeral: &ephemeral,
            older_ephemeral: if is_older { &ephemeral } else { &[] },
            to_device: &to_device,
            older_to_device: if is_older { &to_device } else { &[] },
            device_lists: &self.device_lists,
            key_counts: &self.key_counts,
            older_key_counts: &self.key_counts,
            fallback_keys: &self.fallback_keys,
        };
        Ok(serde_json::to_vec(&body)?.into())
    }
}

impl ToDevice {
    /// The event with its target ([MSC4203]).
    ///
    /// [MSC4203]: https://github.com/matrix-org/matrix-spec-proposals/pull/4203
    fn to_json(&self) -> Result<Value, Error> {
        let mut event: Value = serde_json::from_str(&self.message)?;
        if let Some(event) = event.as_object_mut() {
            event.insert("to_user_id".to_owned(), json!(self.user_id));
            event.insert("to_device_id".to_owned(), json!(self.device_id));
        }
        Ok(event)
    }
}

/// `m.typing` of a room.
pub(super) fn typing(room_id: &OwnedRoomId, users: &[OwnedUserId]) -> Value {
    json!({ "type": "m.typing", "room_id": room_id, "content": { "user_ids": users } })
}

/// `m.presence` of a user, as it is at `now_ms`.
pub(super) fn presence(user_id: &OwnedUserId, shown: &Shown, now_ms: i64) -> Value {
    let mut content = serde_json::Map::new();
    content.insert("presence".to_owned(), json!(shown.status.as_str()));
    content.insert("currently_active".to_owned(), json!(shown.currently_active));
    if shown.last_active_ts > 0 {
        let ago = now_ms.saturating_sub(shown.last_active_ts).max(0);
        content.insert("last_active_ago".to_owned(), json!(ago));
    }
    if let Some(message) = &shown.status_msg {
        content.insert("status_msg".to_owned(), json!(message));
    }
    json!({ "type": "m.presence", "sender": user_id, "content": content })
}

/// `m.receipt` of a room.
pub(super) fn receipts(room_id: &OwnedRoomId, receipts: &[rooms::Receipt]) -> Value {
    let mut content = serde_json::Map::new();
    // Of several receipts of a user on one event, the last stands.
    let mut receipts: Vec<_> = receipts.iter().collect();
    receipts.sort_by_key(|receipt| receipt.position);
    for receipt in receipts {
        let mut entry = json!({ "ts": receipt.receipt_ts });
        if let (Some(thread), Some(entry)) = (&receipt.thread_id, entry.as_object_mut()) {
            entry.insert("thread_id".to_owned(), json!(thread));
        }
        let event = content.entry(receipt.event_id.as_str()).or_insert_with(|| json!({}));
        let Some(event) = event.as_object_mut() else { continue };
        let kind = event.entry(receipt.kind.as_str()).or_insert_with(|| json!({}));
        if let Some(kind) = kind.as_object_mut() {
            kind.insert(receipt.user_id.to_string(), entry);
        }
    }
    json!({ "type": "m.receipt", "room_id": room_id, "content": content })
}
