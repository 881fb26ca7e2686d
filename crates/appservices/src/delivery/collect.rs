//! Collecting a transaction: events first, then whatever else happened up to the last of them.
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use encryption::Encryption;
use protocol::ids::{OwnedUserId, UserId};
use rooms::Rooms;
use store::{
    RoomNum, Store, UserNum, device_lists, devices, memberships::Membership, presence as table,
    to_device,
};

use super::{
    Error,
    backlog::Backlog,
    transaction::{ToDevice, Transaction, presence, receipts, typing},
};
use crate::Registration;

/// How many events a transaction has at most.
const EVENTS_MAX: usize = 100;

/// After how many messages to devices a transaction ends.
const TO_DEVICE_MAX: usize = 200;

/// What transactions of one application service are collected from.
pub(super) struct Collector {
    pub(super) registration: Arc<Registration>,
    pub(super) store: Store,
    pub(super) rooms: Arc<Rooms>,
    pub(super) encryption: Arc<Encryption>,
    pub(super) backlog: Backlog,
    /// The last typing notice that was delivered; it starts again with the process.
    pub(super) typing_seen: u64,
}

impl Collector {
    /// What has happened behind `after`; up to `pending` if a transaction was sent that reached up to there.
    pub(super) async fn collect(
        &mut self,
        after: i64,
        pending: Option<i64>,
    ) -> Result<Transaction, Error> {
        let now = pending.unwrap_or_else(|| self.store.changes.position());
        self.backlog.extend(after, now).await?;
        let mut to_device = self.to_device(after, now).await?;
        let mut limit = now;
        if pending.is_none()
            && let Some(last) = to_device.get(TO_DEVICE_MAX - 1)
        {
            limit = last.position;
        }
        let count = if pending.is_some() { usize::MAX } else { EVENTS_MAX };
        let (events, until) = self.backlog.take(count, limit).await?;
        to_device.retain(|message| message.position <= until);
        let mut transaction = Transaction { until, events, to_device, ..Transaction::default() };
        if self.registration.receives_ephemeral {
            self.add_receipts(&mut transaction, after).await?;
            self.add_presence(&mut transaction, after).await?;
            self.add_typing(&mut transaction).await?;
        }
        if self.registration.receives_encryption {
            self.add_device_lists(&mut transaction, after).await?;
            self.add_left(&mut transaction).await?;
            self.add_key_counts(&mut transaction).await?;
        }
        Ok(transaction)
    }

    /// Messages to devices of the application service's users, the oldest first.
    async fn to_device(&self, after: i64, until: i64) -> Result<Vec<ToDevice>, Error> {
        let mut messages = Vec::new();
        if !self.registration.receives_ephemeral || after >= until {
            return Ok(messages);
        }
        let users = match self.store.changes.changed_users(after, usize::MAX) {
            Some(users) => users,
            None => to_device::users_after(&self.store.db, after).await?,
        };
        for user in users {
            let user_id = self.store.interner.user_id(user).await?;
            if !self.registration.owns(&user_id) {
                continue;
            }
            let found = to_device::messages_of_user(&self.store.db, user, after, until).await?;
            messages.extend(found.into_iter().map(|addressed| ToDevice {
                user,
                user_id: user_id.clone(),
                device_id: addressed.device_id.into(),
                position: addressed.message.position,
                message: addressed.message.message,
            }));
        }
        messages.sort_by_key(|message| message.position);
        Ok(messages)
    }

    async fn add_receipts(
        &mut self,
        transaction: &mut Transaction,
        after: i64,
    ) -> Result<(), Error> {
        let until = transaction.until;
        let changed: Vec<RoomNum> = self.backlog.changed().collect();
        for num in changed {
            let Some(room) = self.rooms.by_number(num).await? else { continue };
            let reader = &self.registration.sender;
            let found = self.rooms.receipts(reader, num, after, until).await?;
            if !found.is_empty() && self.backlog.interest.has(&room, until).await? {
                transaction.receipts.push(receipts(&room.id, &found));
            }
        }
        Ok(())
    }

    /// Adds who came and went: of the users in its namespaces, and of those who share a room with its users.
    async fn add_presence(
        &mut self,
        transaction: &mut Transaction,
        after: i64,
    ) -> Result<(), Error> {
        let until = transaction.until;
        if after >= until || !self.store.changes.presence_changed_since(after) {
            return Ok(());
        }
        let now_ms = self.store.clock.now_ms();
        for (user, shown) in table::changed_between(&self.store.db, after, until).await? {
            let user_id = self.store.interner.user_id(user).await?;
            if self.registration.follows(&user_id) || self.meets(user, until).await? {
                transaction.presence.push(presence(&user_id, &shown, now_ms));
            }
        }
        Ok(())
    }

    /// Adds who is typing where that has changed.
    async fn add_typing(&mut self, transaction: &mut Transaction) -> Result<(), Error> {
        // First: what changes meanwhile is told twice rather than never.
        transaction.typing_serial = self.store.changes.ephemeral_serial();
        for num in self.store.changes.ephemeral_rooms(self.typing_seen) {
            let Some(room) = self.rooms.by_number(num).await? else { continue };
            if self.backlog.interest.has(&room, transaction.until).await? {
                transaction.typing.push(typing(&room.id, &self.rooms.typing(num)));
            }
        }
        Ok(())
    }

    /// Adds whose keys have changed: of the application service's own users, and of those who share a room with them.
    async fn add_device_lists(
        &mut self,
        transaction: &mut Transaction,
        after: i64,
    ) -> Result<(), Error> {
        if after >= transaction.until || !self.store.changes.device_lists_changed_since(after) {
            return Ok(());
        }
        for user in device_lists::changed_since(&self.store.db, after).await? {
            let user_id = self.store.interner.user_id(user).await?;
            if self.registration.owns(&user_id) || self.meets(user, transaction.until).await? {
                transaction.device_lists.changed.push(user_id);
            }
        }
        Ok(())
    }

    /// Adds who shares no room with the application service's users any more (MSC3202): those who have left one of its rooms,
    /// and the members of a room of which its last user has left.
    async fn add_left(&mut self, transaction: &mut Transaction) -> Result<(), Error> {
        let mut gone: BTreeSet<OwnedUserId> = BTreeSet::new();
        for event in &transaction.events {
            let is_out = matches!(event.membership(), Some(Membership::Leave | Membership::Ban));
            let target = event.pdu.state_key().filter(|_| is_out);
            let Some(target) = target.and_then(|user| UserId::parse(user).ok()) else { continue };
            if !self.registration.owns(&target) {
                gone.insert(target);
                continue;
            }
            let Some(room) = self.rooms.by_number(event.room_num).await? else { continue };
            if !self.backlog.interest.has(&room, transaction.until).await? {
                let facts = room.facts(&self.rooms).await?;
                let members = facts.state.of_type("m.room.member");
                let joined = members
                    .filter(|(_, member)| member.membership() == Some(Membership::Join))
                    .filter_map(|(user, _)| UserId::parse(&**user).ok());
                gone.extend(joined.filter(|user| !self.registration.owns(user)));
            }
        }
        for user_id in gone {
            let Some(user) = self.store.interner.find_user(&user_id).await? else { continue };
            if !self.meets(user, transaction.until).await? {
                transaction.device_lists.left.push(user_id);
            }
        }
        Ok(())
    }

    /// Whether `user` is in a room that interests the application service.
    async fn meets(&mut self, user: UserNum, until: i64) -> Result<bool, Error> {
        for num in self.rooms.rooms_of(user).await?.joined() {
            let Some(room) = self.rooms.by_number(num).await? else { continue };
            if self.backlog.interest.has(&room, until).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Adds how many keys are left to those users who are concerned by the transaction (MSC3202): its targets, and whose
    /// keys have changed.
    async fn add_key_counts(&self, transaction: &mut Transaction) -> Result<(), Error> {
        let mut users: BTreeSet<OwnedUserId> = BTreeSet::new();
        users.extend(transaction.to_device.iter().map(|message| message.user_id.clone()));
        users.extend(transaction.device_lists.changed.iter().cloned());
        let targets = transaction.events.iter().filter_map(|event| event.pdu.state_key());
        users.extend(targets.filter_map(|target| UserId::parse(target).ok()));
        if !transaction.events.is_empty() {
            users.insert(self.registration.sender.clone());
        }
        users.retain(|user| self.registration.owns(user));
        for user_id in users {
            let Some(user) = self.store.interner.find_user(&user_id).await? else { continue };
            let (mut counts, mut fallbacks) = (BTreeMap::new(), BTreeMap::new());
            for device in devices::of_user(&self.store.db, user).await? {
                let device_id: protocol::ids::OwnedDeviceId = device.device_id.into();
                let keys = self.encryption.key_counts(user, &device_id).await?;
                counts.insert(device_id.clone(), keys.one_time_keys.clone());
                fallbacks.insert(device_id, keys.unused_fallback_algorithms.clone());
            }
            if !counts.is_empty() {
                transaction.key_counts.insert(user_id.clone(), counts);
                transaction.fallback_keys.insert(user_id, fallbacks);
            }
        }
        Ok(())
    }
}
