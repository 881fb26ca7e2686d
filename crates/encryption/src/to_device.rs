//! Messages to single devices ([spec]): kept until the device has shown that it has them.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#send-to-device-messaging
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use db::{Committed, OperationIndex, Value as DbValue, Write, WriteError};
use parking_lot::Mutex;
use protocol::{
    canonical::{self, Object},
    ids::{DeviceId, OwnedUserId},
    limits::FIELD_BYTES_MAX,
};
use store::{
    Change, UserNum, devices,
    to_device::{self, InboxState, ToDeviceMessage},
};

use crate::{Device, Encryption, cache::DeviceCache, key_format::is_short_text};

/// The largest content, in bytes of canonical JSON: with its envelope it must fit into one federation EDU.
pub const CONTENT_BYTES_MAX: usize = 64_000;

/// The most targets of one send: devices, or users if all their devices are meant.
pub const TARGETS_MAX: usize = 10_000;

/// The most messages an inbox holds. When it is full, the sender with the most messages in it loses their oldest.
pub const INBOX_MESSAGES_MAX: i64 = 20_000;

/// How many messages are dropped at once from a full inbox.
const INBOX_TRIM: i64 = INBOX_MESSAGES_MAX / 20;

/// How long a transaction id is remembered.
const TRANSACTION_REMEMBERED_MS: i64 = 24 * 60 * 60 * 1_000;

/// Old transaction ids are forgotten in one of so many sends.
const FORGET_EVERY: u64 = 256;

/// Devices whose inbox state is kept in memory: about 150 bytes each.
const CACHED_DEVICES: usize = 20_000;

/// Stands for all devices of a user.
const ALL_DEVICES: &str = "*";

/// Contents by user and device id, or `*` for all devices.
pub type Messages = BTreeMap<OwnedUserId, BTreeMap<String, Object>>;

/// Why messages are not sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The event type or transaction id is too long or has control characters.
    #[error("{0} must have 1 to {FIELD_BYTES_MAX} bytes and no control characters")]
    Field(&'static str),
    /// A content is larger than [`CONTENT_BYTES_MAX`].
    #[error("a message can have at most {CONTENT_BYTES_MAX} bytes")]
    TooLarge,
    /// More than [`TARGETS_MAX`].
    #[error("at most {TARGETS_MAX} devices can be sent to at once")]
    TooManyTargets,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] db::Error),
}

/// Part of an inbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inbox {
    /// The messages, the oldest first.
    pub messages: Vec<ToDeviceMessage>,
    /// The position up to which there is nothing else for the device: a client that syncs from it next has them all.
    pub position: i64,
    /// Whether the limit cut it off.
    pub has_more: bool,
}

/// What is known of inboxes. `newest` is never too low, `oldest` never too high; the count is near enough.
pub(crate) struct InboxCache {
    states: DeviceCache<Arc<Mutex<InboxState>>>,
    sends: AtomicU64,
}

impl Default for InboxCache {
    fn default() -> Self {
        Self { states: DeviceCache::new(CACHED_DEVICES), sends: AtomicU64::new(0) }
    }
}

impl InboxCache {
    pub(crate) fn forget(&self, user: UserNum, device_id: &str) {
        self.states.forget(user, device_id);
    }

    /// Counts a message that was committed and is not visible yet.
    fn add(&self, user: UserNum, device_id: &str, position: i64) {
        let Some(state) = self.states.get(user, device_id) else {
            // Somebody may be loading the state of before this message: that must not be kept.
            return self.states.forget(user, device_id);
        };
        let mut state = state.lock();
        state.messages += 1;
        state.newest = state.newest.max(position);
        if state.oldest == 0 {
            state.oldest = position;
        }
    }
}

/// Where a content goes.
struct Target {
    user: UserNum,
    /// `None` for all devices.
    device_id: Option<String>,
    message: String,
}

impl Encryption {
    /// Puts the messages into the inboxes of the devices that exist. The same send (by sending device, event type and
    /// transaction id) is done once.
    ///
    /// # Errors
    /// See [`SendError`]; then nothing was sent.
    pub async fn send_to_device(
        &self,
        from: Device<'_>,
        event_type: &str,
        transaction_id: &str,
        messages: Messages,
    ) -> Result<(), SendError> {
        check_field("the event type", event_type)?;
        check_field("the transaction id", transaction_id)?;
        if messages.values().map(BTreeMap::len).sum::<usize>() > TARGETS_MAX {
            return Err(SendError::TooManyTargets);
        }
        let targets = self.targets(from, event_type, &messages).await?;
        let full = self.full_inboxes(&targets).await?;
        let now_ms = self.store.clock.now_ms();

        let mut write = Write::new();
        let device_id = from.device_id.as_str();
        let transaction = to_device::insert_transaction(
            &mut write,
            from.user,
            device_id,
            event_type,
            transaction_id,
            now_ms,
        );
        if self.inboxes.sends.fetch_add(1, Ordering::Relaxed).is_multiple_of(FORGET_EVERY) {
            to_device::forget_transactions(&mut write, now_ms - TRANSACTION_REMEMBERED_MS);
        }
        for (user, device_id) in &full {
            to_device::trim(&mut write, *user, device_id, INBOX_TRIM);
        }
        let inserts = add_messages(&mut write, from.user, &targets);
        match self.store.write(write).await {
            Ok(committed) => {
                self.publish_messages(&targets, &inserts, &full, committed)?;
                Ok(())
            }
            Err(WriteError::Conflict { operation, .. }) if operation == transaction => Ok(()),
            Err(error) => Err(db::Error::from(error).into()),
        }
    }

    async fn targets(
        &self,
        from: Device<'_>,
        event_type: &str,
        messages: &Messages,
    ) -> Result<Vec<Target>, SendError> {
        let mut targets = Vec::new();
        for (user_id, devices) in messages {
            let known = self.is_local(user_id);
            let user = if known { self.store.interner.find_user(user_id).await? } else { None };
            for (device_id, content) in devices {
                let content = canonical::to_string(content);
                if content.len() > CONTENT_BYTES_MAX {
                    return Err(SendError::TooLarge);
                }
                // A name that no device can have: PostgreSQL can't even be asked about NUL.
                let possible = is_short_text(device_id);
                let (Some(user), true) = (user, possible) else { continue };
                let device_id = (device_id != ALL_DEVICES).then(|| device_id.clone());
                targets.push(Target {
                    user,
                    device_id,
                    message: event(from, event_type, &content),
                });
            }
        }
        Ok(targets)
    }

    /// The inboxes among the targets that have no room left.
    async fn full_inboxes(
        &self,
        targets: &[Target],
    ) -> Result<BTreeSet<(UserNum, String)>, db::Error> {
        let mut full = BTreeSet::new();
        for target in targets {
            for device_id in self.device_ids(target).await? {
                let state = self.inbox_state(target.user, &device_id).await?;
                if state.lock().messages >= INBOX_MESSAGES_MAX {
                    full.insert((target.user, device_id));
                }
            }
        }
        Ok(full)
    }

    async fn device_ids(&self, target: &Target) -> Result<Vec<String>, db::Error> {
        if let Some(device_id) = &target.device_id {
            return Ok(vec![device_id.clone()]);
        }
        let devices = devices::of_user(&self.store.db, target.user).await?;
        Ok(devices.into_iter().map(|device| device.device_id).collect())
    }

    fn publish_messages(
        &self,
        targets: &[Target],
        inserts: &[(OperationIndex, DbValue)],
        full: &BTreeSet<(UserNum, String)>,
        committed: Committed,
    ) -> Result<(), db::Error> {
        let mut changes = Vec::new();
        for (target, (operation, position)) in targets.iter().zip(inserts) {
            let position = committed.position(position);
            for row in committed.rows(*operation) {
                self.inboxes.add(target.user, row.text(0)?, position);
                changes.push(Change::User { position, user: target.user });
            }
        }
        for (user, device_id) in full {
            self.inboxes.forget(*user, device_id);
        }
        changes.dedup();
        self.store.changes.publish(committed.publication, &changes);
        Ok(())
    }

    /// The messages of a device after position `after` and up to `until`, at most `limit`.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn to_device_messages(
        &self,
        user: UserNum,
        device_id: &DeviceId,
        after: i64,
        until: i64,
        limit: u32,
    ) -> Result<Inbox, db::Error> {
        let device_id = device_id.as_str();
        let nothing = Inbox { position: until, ..Inbox::default() };
        let state = self.inbox_state(user, device_id).await?;
        if state.lock().newest <= after {
            return Ok(nothing);
        }
        // One more than wanted tells whether there are more.
        let asked = i64::from(limit) + 1;
        let reader = &self.store.db;
        let mut messages =
            to_device::messages(reader, user, device_id, after, until, asked).await?;
        let has_more = messages.len() > limit as usize;
        messages.truncate(limit as usize);
        match messages.last() {
            Some(last) if has_more => Ok(Inbox { position: last.position, messages, has_more }),
            _ if has_more => Ok(Inbox { position: after, messages, has_more }),
            _ => Ok(Inbox { messages, ..nothing }),
        }
    }

    /// Whether there may be messages for a device after position `after`: asked of memory, once it is known there.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn has_to_device(
        &self,
        user: UserNum,
        device_id: &DeviceId,
        after: i64,
    ) -> Result<bool, db::Error> {
        let state = self.inbox_state(user, device_id.as_str()).await?;
        let newest = state.lock().newest;
        Ok(newest > after)
    }

    /// Forgets the messages up to `until`: the device has shown this position, so it has them.
    /// Costs nothing if there are none.
    ///
    /// # Errors
    /// Fails if the database fails; then the messages stay, and are not shown to a client that is past them.
    pub async fn acknowledge_to_device(
        &self,
        user: UserNum,
        device_id: &DeviceId,
        until: i64,
    ) -> Result<(), db::Error> {
        let device_id = device_id.as_str();
        let state = self.inbox_state(user, device_id).await?;
        let oldest = state.lock().oldest;
        if oldest == 0 || oldest > until {
            return Ok(());
        }
        let mut write = Write::new();
        to_device::delete_until(&mut write, user, device_id, until);
        let committed = self.store.write(write).await?;
        self.inboxes.forget(user, device_id);
        drop(committed.publication);
        Ok(())
    }

    async fn inbox_state(
        &self,
        user: UserNum,
        device_id: &str,
    ) -> Result<Arc<Mutex<InboxState>>, db::Error> {
        let load = async {
            let state = to_device::state(&self.store.db, user, device_id).await?;
            Ok(Arc::new(Mutex::new(state)))
        };
        self.inboxes.states.get_or_load(user, device_id, load).await
    }
}

/// Adds the messages to the write. One device gets at most one message a position: what is for one device and what is
/// for all devices of a user have different positions.
fn add_messages(
    write: &mut Write,
    from: UserNum,
    targets: &[Target],
) -> Vec<(OperationIndex, DbValue)> {
    let single = write.position();
    let all = write.position();
    let mut add = |target: &Target| {
        let Target { user, device_id, message } = target;
        if let Some(device_id) = device_id {
            (to_device::insert(write, *user, device_id, &single, from, message), single.clone())
        } else {
            (to_device::insert_for_all(write, *user, &all, from, message), all.clone())
        }
    };
    targets.iter().map(&mut add).collect()
}

/// The event as the receiving client gets it.
fn event(from: Device<'_>, event_type: &str, content: &str) -> String {
    let mut text = String::with_capacity(content.len() + 128);
    text.push_str(r#"{"content":"#);
    text.push_str(content);
    text.push_str(r#","sender":"#);
    canonical::write_string(&mut text, from.user_id.as_str());
    text.push_str(r#","type":"#);
    canonical::write_string(&mut text, event_type);
    text.push('}');
    text
}

fn check_field(name: &'static str, text: &str) -> Result<(), SendError> {
    if is_short_text(text) { Ok(()) } else { Err(SendError::Field(name)) }
}

#[cfg(test)]
mod tests;
