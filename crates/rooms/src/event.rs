//! An event in memory: its PDU, and what the store knows beside it.
use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicU8, Ordering},
};

use protocol::{Pdu, RoomVersion, ids::OwnedEventId};
use serde::Deserialize;
use store::{
    EventNum, RoomNum, StateKeyNum, StateVersion, UserNum,
    events::{EventRow, NewEvent, Status},
    memberships::Membership,
    relations::RelatedBy,
};

use crate::relations::Relation;

/// An event that is stored, or about to be. Shared by all who look at it.
#[derive(Debug)]
pub struct Event {
    /// Its number.
    pub num: EventNum,
    /// The event itself, redacted if it was.
    pub pdu: Pdu,
    /// Its room's number.
    pub room_num: RoomNum,
    /// Its sender's number.
    pub sender_num: UserNum,
    /// The number of its type and state key, for a state event.
    pub state_key_num: Option<StateKeyNum>,
    /// The room's state after it.
    pub state_version: Option<StateVersion>,
    /// The state event whose place it took.
    pub replaces: Option<EventNum>,
    /// The root of the thread it is in; none in the main timeline.
    pub thread: Option<EventNum>,
    /// Set once, when the push rules have classified it.
    pub(crate) notify_count: OnceLock<i64>,
    /// The bits of [`RelatedBy`], which become more.
    pub(crate) related_by: AtomicU8,
    /// What became of its authorization.
    pub status: Status,
    /// The redaction that emptied it.
    pub redacted_by: Option<EventNum>,
    /// The sender's device, endpoint and transaction id.
    pub transaction_key: Option<Box<str>>,
    /// Set once, when the commit has told it.
    pub(crate) position: OnceLock<i64>,
}

impl Event {
    /// Its place in the room's timeline; none for an event that only other events refer to.
    #[must_use]
    pub fn position(&self) -> Option<i64> {
        self.position.get().copied()
    }

    /// The running count, up to and with it, of the main timeline's events that notify under the server's push rules.
    #[must_use]
    pub fn notify_count(&self) -> i64 {
        self.notify_count.get().copied().unwrap_or(0)
    }

    /// Its row, with the running count of notifying events up to and with it.
    ///
    /// # Errors
    /// Fails if the state after it is not known.
    pub(crate) fn new_row(&self, notify_count: i64) -> db::Result<NewEvent<'_>> {
        let Some(state_version) = self.state_version else {
            return Err(db::Error::inconsistent("an event without the state after it"));
        };
        Ok(NewEvent {
            event_num: self.num,
            event_id: self.pdu.event_id(),
            room_num: self.room_num,
            sender_num: self.sender_num,
            state_key_num: self.state_key_num,
            state_version,
            replaces: self.replaces,
            notify_count,
            thread_num: self.thread,
            related_by: self.related_by(),
            origin_server_ts: self.pdu.origin_server_ts(),
            status: self.status,
            transaction_key: self.transaction_key.as_deref(),
            json: self.pdu.json(),
        })
    }

    /// How other events relate to it, of what is bundled with it. It may be too much: redactions take nothing away.
    #[must_use]
    pub fn related_by(&self) -> RelatedBy {
        RelatedBy::from_bits(self.related_by.load(Ordering::Relaxed))
    }

    /// The event in whose place this one wants to be put.
    #[must_use]
    pub fn edits(&self) -> Option<OwnedEventId> {
        let relation = Relation::of(&self.pdu).filter(|relation| relation.rel_type == "m.replace");
        relation.map(|relation| relation.parent_id)
    }

    pub(crate) fn add_related_by(&self, added: RelatedBy) {
        self.related_by.fetch_or(added.bits(), Ordering::Relaxed);
    }

    /// Whether this is the state event of `kind` and `state_key`.
    #[must_use]
    pub fn is_state(&self, kind: &str, state_key: &str) -> bool {
        self.pdu.is_state(kind, state_key)
    }

    /// The membership that a member event declares.
    #[must_use]
    pub fn membership(&self) -> Option<Membership> {
        #[derive(Deserialize)]
        struct Content<'a> {
            #[serde(borrow)]
            membership: std::borrow::Cow<'a, str>,
        }
        if self.pdu.kind() != "m.room.member" {
            return None;
        }
        Membership::parse(&self.pdu.borrow_content::<Content<'_>>().ok()?.membership)
    }

    /// The transaction id it was sent with, if `device_id` sent it.
    #[must_use]
    pub fn transaction_id(&self, sender: UserNum, device_id: &str) -> Option<&str> {
        if sender != self.sender_num {
            return None;
        }
        let rest = self.transaction_key.as_deref()?.strip_prefix(device_id)?;
        let (_, transaction_id) = rest.strip_prefix('\n')?.split_once('\n')?;
        Some(transaction_id)
    }

    /// The bytes it occupies in memory, about.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        size_of::<Self>() + self.pdu.memory_bytes()
    }

    /// This event emptied by the event `redacted_by`; `pdu` is what is left of it.
    pub(crate) fn redacted(&self, pdu: Pdu, redacted_by: EventNum) -> Self {
        Self {
            num: self.num,
            pdu,
            room_num: self.room_num,
            sender_num: self.sender_num,
            state_key_num: self.state_key_num,
            state_version: self.state_version,
            replaces: self.replaces,
            thread: self.thread,
            notify_count: self.notify_count.clone(),
            related_by: self.related_by().bits().into(),
            status: self.status,
            redacted_by: Some(redacted_by),
            transaction_key: self.transaction_key.clone(),
            position: self.position.clone(),
        }
    }

    pub(crate) fn from_row(row: EventRow, version: RoomVersion) -> Result<Arc<Self>, db::Error> {
        let pdu = Pdu::from_stored(row.event_id, version, row.json)
            .map_err(|_| db::Error::inconsistent("events.json"))?;
        let position = row.position.map_or_else(OnceLock::new, OnceLock::from);
        Ok(Arc::new(Self {
            num: row.event_num,
            pdu,
            room_num: row.room_num,
            sender_num: row.sender_num,
            state_key_num: row.state_key_num,
            state_version: row.state_version,
            replaces: row.replaces,
            thread: row.thread_num,
            notify_count: row.notify_count.into(),
            related_by: row.related_by.bits().into(),
            status: row.status,
            redacted_by: row.redacted_by,
            transaction_key: row.transaction_key.map(String::into_boxed_str),
            position,
        }))
    }
}

/// The key under which a transaction is stored: the scope is one device and one endpoint
/// ([spec](https://spec.matrix.org/v1.16/client-server-api/#transaction-identifiers)).
#[must_use]
pub fn transaction_key(device_id: &str, endpoint: &str, transaction_id: &str) -> String {
    // Event types may have line ends in them.
    let endpoint = endpoint.replace('\\', r"\\").replace('\n', r"\n");
    format!("{device_id}\n{endpoint}\n{transaction_id}")
}
