//! Storing an event of another server: its rows, the state after it, and what it changes of the room.
use std::{
    collections::{BTreeSet, HashSet},
    sync::{Arc, OnceLock},
};

use db::{Committed, Value, Write};
use protocol::{
    Pdu,
    ids::{OwnedEventId, OwnedUserId, UserId},
};
use store::{
    Change, EventNum, StateKeyNum, StateVersion, UserNum,
    events::{self, EventRow, Status},
    memberships::{Membership, MembershipRow},
    relations as table,
    state_versions::{self, StateMap, Weight},
};

use super::{
    judge::Before,
    numbers_of,
    rows::{Difference, difference, insert_state, record_state},
};
use crate::{
    error::{Error, Result},
    event::Event,
    facts::{Facts, is_bump},
    notifications::{Arrival, Moved},
    relations::{self, Related, Relation},
    room::Room,
    service::Rooms,
};

/// The ends of a room's timeline that an event does not follow.
pub(super) struct Ends {
    left: Vec<(EventNum, OwnedEventId)>,
}

impl Ends {
    pub(super) fn behind(facts: &Facts, parents: &[EventRow]) -> Self {
        let followed: BTreeSet<EventNum> = parents.iter().map(|parent| parent.event_num).collect();
        let left = facts.extremity_ids.iter().filter(|(num, _)| !followed.contains(num));
        Self { left: left.cloned().collect() }
    }
}

/// The state after an event.
struct After {
    version: StateVersion,
    weight: Weight,
    replaces: Option<EventNum>,
    /// The whole of it, where it is not the current state with the event on top.
    map: Option<StateMap>,
}

/// An accepted event on its way into the room.
struct Arriving {
    event: Arc<Event>,
    related: Option<Related>,
    after: After,
}

/// A user whose membership of the room changes; `None`: the room has no member event of theirs any more.
pub(super) struct Member {
    user_id: OwnedUserId,
    pub(super) user: UserNum,
    pub(super) now: Option<(Membership, EventNum)>,
}

impl Rooms {
    pub(super) async fn record(
        self: &Arc<Self>,
        room: &Arc<Room>,
        facts: &Arc<Facts>,
        pdu: &Pdu,
        status: Status,
        before: Before,
        ends: Ends,
    ) -> Result<()> {
        let mut write = Write::new();
        let num = self.store.interner.next_event().await?;
        let sender_num = self.store.interner.user(&mut write, pdu.sender()).await?;
        let key = match pdu.state_key() {
            Some(state_key) => {
                Some(self.store.interner.state_key(&mut write, pdu.kind(), state_key).await?)
            }
            None => None,
        };
        let change = key.filter(|_| status != Status::Rejected).map(|key| (key, num));
        let after = self.state_after(facts, before, change, &mut write).await?;
        let related = Relation::find(self, facts.room_num, pdu).await?;
        // What relates to it may have come first.
        let db = &self.store.db;
        let related_by = table::related_by(db, facts.room_num, pdu.event_id()).await?;
        let event = Arc::new(Event {
            num,
            pdu: pdu.clone(),
            room_num: facts.room_num,
            sender_num,
            state_key_num: key,
            state_version: Some(after.version),
            replaces: after.replaces,
            thread: related.as_ref().and_then(Related::thread),
            notify_count: OnceLock::new(),
            related_by: related_by.bits().into(),
            status,
            redacted_by: None,
            transaction_key: None,
            position: OnceLock::new(),
        });
        if status == Status::Accepted {
            let arriving = Arriving { event, related, after };
            return self.accept(room, facts, arriving, ends, write).await;
        }
        events::insert(&mut write, &event.new_row(0)?, Value::Null);
        self.store.write(write).await?;
        Ok(())
    }

    /// Adds the state after an event to the write, unless it is one that is stored.
    async fn state_after(
        &self,
        facts: &Facts,
        before: Before,
        change: Option<(StateKeyNum, EventNum)>,
        write: &mut Write,
    ) -> Result<After> {
        let (parent, weight, map, mut entries) = match before {
            Before::Nothing => {
                (None, Weight { snapshot: 0, since: 0 }, Some(StateMap::new()), vec![])
            }
            Before::Current => (Some(facts.head.state_version), facts.weight, None, vec![]),
            Before::Stored(version, map) => {
                let (_, weight) = state_versions::parent(&self.store.db, version).await?;
                (Some(version), weight, Some(map), vec![])
            }
            Before::Merged(version, map) => {
                let (_, weight) = state_versions::parent(&self.store.db, version).await?;
                let base = state_versions::state(&self.store.db, version).await?;
                let entries = difference(&base, &map);
                (Some(version), weight, Some(map), entries)
            }
        };
        let replaces = match (&map, change) {
            (_, None) => None,
            (Some(map), Some((key, _))) => map.get(&key).copied(),
            (None, Some((key, _))) => numbers_of(facts).get(&key).copied(),
        };
        let map = map.map(|mut map| {
            map.extend(change);
            map
        });
        if let Some((key, num)) = change {
            entries.retain(|(other, _)| *other != key);
            entries.push((key, Some(num)));
        }
        if let (Some(version), true) = (parent, entries.is_empty()) {
            return Ok(After { version, weight, replaces, map });
        }
        let version = self.store.interner.next_state_version().await?;
        let whole = || match &map {
            Some(map) => map.clone(),
            None => numbers_of(facts).into_iter().chain(change).collect(),
        };
        let weight = insert_state(write, version, parent, weight, &entries, whole);
        Ok(After { version, weight, replaces, map })
    }

    /// An accepted event: it is an end of the timeline now, and the current state is what the states of all ends come to.
    async fn accept(
        self: &Arc<Self>,
        room: &Arc<Room>,
        facts: &Arc<Facts>,
        arriving: Arriving,
        ends: Ends,
        mut write: Write,
    ) -> Result<()> {
        let Arriving { event, related, after } = arriving;
        let mut now = Facts::clone(facts);
        let (changes, version, weight) =
            self.current_after(facts, &event, &after, &ends, &mut write).await?;
        self.apply_state(&mut now, &event, &changes).await?;
        (now.head.state_version, now.weight) = (version, weight);
        now.extremity_ids = ends.left;
        now.extremity_ids.push((event.num, event.pdu.event_id().to_owned()));
        now.extremity_ids.sort_unstable();
        now.head.extremities = now.extremity_ids.iter().map(|(num, _)| *num).collect();
        now.head.depth = now.head.depth.max(event.pdu.depth());

        let position = write.position();
        let members = self.members_moved(facts, &now, &changes, &mut write).await?;
        let redaction = self.redact_target(&mut now, &event, &mut write).await?;
        let arrival = Arrival {
            facts,
            event: &event.pdu,
            sender_num: event.sender_num,
            moved: &come_and_gone(facts, &members),
            redacts: redaction.as_ref().map(|(target, _)| &**target),
            thread: event.thread,
            notify_count: now.head.notify_count,
            position: &position,
        };
        let classified = self.notifications.classify(&arrival, &mut write).await?;
        if classified.notifies {
            now.head.notify_count += 1;
        }
        let _ = event.notify_count.set(now.head.notify_count);
        events::insert(&mut write, &event.new_row(now.head.notify_count)?, position.clone());
        if let Some(related) = &related {
            related.record(&mut write, &event, &position);
        }
        self.record_sticky(&event, &position, &mut write);
        let pointless = self.end_pointless(&event, &HashSet::new(), &mut write).await?;
        record_state(&mut write, facts, &changes, &members, &position);
        let bump = if is_bump(event.pdu.kind()) { position.clone() } else { Value::Null };
        if facts.state.is_empty() {
            self.store.interner.insert_room(&mut write, now.room_num, &now.room_id);
            let row = now.new_row(event.sender_num);
            store::rooms::insert(&mut write, &row, position.clone(), bump);
        } else {
            let (before, after) = (&facts.head, &now.head);
            let last = position.clone();
            store::rooms::advance(&mut write, facts.room_num, before, after, last, bump);
        }
        let committed = self.store.write(write).await?;
        if let Some(related) = &related {
            related.committed(self, room);
        }
        if let Some((_, redacted)) = redaction {
            self.events.insert(Arc::clone(&redacted));
            room.replace(&redacted);
        }
        let at = committed.position(&position);
        for (key, _) in &changes {
            self.forget_history(room.num, *key);
            now.state_position = at;
        }
        self.forget_pointless(&pointless);
        self.notifications.committed(room.num, at, &classified);
        self.accepted(room, now, &event, &members, &position, committed);
        if event.is_state("m.room.guest_access", "") {
            self.see_guests_off_later(room);
        }
        Ok(())
    }

    /// What the new current state is: its difference from the one before, its version and weight.
    async fn current_after(
        &self,
        facts: &Facts,
        event: &Arc<Event>,
        after: &After,
        ends: &Ends,
        write: &mut Write,
    ) -> Result<(Difference, StateVersion, Weight)> {
        let before = numbers_of(facts);
        let own = event.state_key_num.map(|key| (key, event.num));
        if ends.left.is_empty() {
            let changes = match &after.map {
                Some(map) => difference(&before, map),
                None => own.into_iter().map(|(key, num)| (key, Some(num))).collect(),
            };
            return Ok((changes, after.version, after.weight));
        }
        let after_map = match &after.map {
            Some(map) => map.clone(),
            None => before.iter().map(|(key, num)| (*key, *num)).chain(own).collect(),
        };
        let mut maps = vec![after_map.clone()];
        let ids: Vec<OwnedEventId> = ends.left.iter().map(|(_, id)| id.clone()).collect();
        for row in events::by_ids(&self.store.db, &ids).await? {
            if let Some(version) = row.state_version {
                maps.push(state_versions::state(&self.store.db, version).await?);
            }
        }
        let merged = self.merge(facts.version, maps, Some(event)).await?;
        let changes = difference(&before, &merged);
        if merged == after_map {
            return Ok((changes, after.version, after.weight));
        }
        if changes.is_empty() {
            return Ok((changes, facts.head.state_version, facts.weight));
        }
        let version = self.store.interner.next_state_version().await?;
        let parent = Some(facts.head.state_version);
        let weight =
            insert_state(write, version, parent, facts.weight, &changes, || merged.clone());
        Ok((changes, version, weight))
    }

    /// Moves the current state in memory.
    async fn apply_state(
        &self,
        now: &mut Facts,
        event: &Arc<Event>,
        changes: &Difference,
    ) -> Result<()> {
        for (key, num) in changes {
            let old = now.state.iter().find(|old| old.state_key_num == Some(*key)).cloned();
            let new = match num {
                Some(num) if *num == event.num => Some(Arc::clone(event)),
                Some(num) => self.events(&[*num]).await?.into_iter().next(),
                None => None,
            };
            match (new, &old) {
                (Some(new), _) => {
                    now.count_member(new.membership(), true);
                    now.state.set(new);
                }
                (None, Some(old)) => {
                    let state_key = old.pdu.state_key().unwrap_or_default();
                    now.state.remove(old.pdu.kind(), state_key);
                }
                (None, None) => {}
            }
            now.count_member(old.and_then(|old| old.membership()), false);
        }
        Ok(())
    }

    /// Empties what a redaction is for: if its sender has the power, or is of the same server as whoever sent that ([spec]).
    /// Returns that event as it was and as it is.
    ///
    /// [spec]: https://spec.matrix.org/v1.16/rooms/v11/#handling-redactions
    async fn redact_target(
        &self,
        now: &mut Facts,
        event: &Event,
        write: &mut Write,
    ) -> Result<Option<(Arc<Event>, Arc<Event>)>> {
        let target = match event.pdu.redacts().filter(|_| event.pdu.kind() == "m.room.redaction") {
            Some(target) => self.event(target).await?,
            None => None,
        };
        let Some(target) = target.filter(|target| target.room_num == event.room_num) else {
            return Ok(None);
        };
        let sender = event.pdu.sender();
        let is_same_server = sender.server_name() == target.pdu.sender().server_name();
        if !is_same_server && !now.powers().can_redact_others(sender) {
            return Ok(None);
        }
        let pdu = protocol::redaction::redact(&target.pdu)
            .map_err(|error| Error::Build(error.to_string()))?;
        let redacted = Arc::new(target.redacted(pdu, event.num));
        events::redact(write, target.num, event.num, redacted.pdu.json());
        relations::remove(write, &target);
        let current =
            redacted.pdu.state_key().and_then(|key| now.state.get(redacted.pdu.kind(), key));
        if current.is_some_and(|current| current.num == redacted.num) {
            now.state.set(Arc::clone(&redacted));
        }
        Ok(Some((target, redacted)))
    }

    /// Whose membership is another one now.
    async fn members_moved(
        &self,
        before: &Facts,
        now: &Facts,
        changes: &Difference,
        write: &mut Write,
    ) -> Result<Vec<Member>> {
        let keys: BTreeSet<StateKeyNum> = changes.iter().map(|(key, _)| *key).collect();
        let of = |facts: &Facts| -> BTreeSet<OwnedUserId> {
            let members = facts.state.of_type("m.room.member");
            let members = members
                .filter(|(_, event)| event.state_key_num.is_some_and(|key| keys.contains(&key)));
            members.filter_map(|(user, _)| UserId::parse(&**user).ok()).collect()
        };
        let mut members = Vec::new();
        for user_id in of(before).union(&of(now)) {
            let user = self.store.interner.user(write, user_id).await?;
            let event = now.state.get("m.room.member", user_id.as_str());
            let now = event.and_then(|event| Some((event.membership()?, event.num)));
            members.push(Member { user_id: user_id.clone(), user, now });
        }
        Ok(members)
    }

    /// Brings memory up to date, publishes, and lets what was committed become visible.
    fn accepted(
        self: &Arc<Self>,
        room: &Arc<Room>,
        mut now: Facts,
        event: &Arc<Event>,
        members: &[Member],
        position: &Value,
        committed: Committed,
    ) {
        let position = committed.position(position);
        let _ = event.position.set(position);
        now.last_position = position;
        if is_bump(event.pdu.kind()) {
            now.bump_position = position;
        }
        self.remember_sticky(event);
        self.events.insert(Arc::clone(event));
        let mut changes = vec![Change::Room { position, room: room.num }];
        for Member { user_id, user, now } in members {
            match now {
                Some((membership, event_num)) => self.memberships.apply(MembershipRow {
                    room_num: room.num,
                    user_num: *user,
                    membership: *membership,
                    event_num: *event_num,
                    position,
                    forgotten: false,
                }),
                None => self.memberships.remove(room.num, *user),
            }
            let follows = now.is_some_and(|(membership, _)| membership == Membership::Join);
            if !follows {
                self.stop_typing(room.num, user_id);
            }
            if user_id.server_name() == self.server_name() {
                changes.push(Change::Membership { position, user: *user, room: room.num, follows });
            } else {
                changes.push(Change::RemoteMembership { position, room: room.num });
            }
        }
        room.apply(Arc::new(now), vec![Arc::clone(event)]);
        self.activate_shared(room);
        self.store.changes.publish(committed.publication, &changes);
    }
}

/// Those of `members` who are in the room now and were not, or the other way round.
fn come_and_gone(before: &Facts, members: &[Member]) -> Vec<Moved> {
    let moved = members.iter().filter_map(|member| {
        let comes = member.now.is_some_and(|(membership, _)| membership == Membership::Join);
        let (user_id, user_num) = (member.user_id.clone(), member.user);
        (comes != before.is_joined(&user_id)).then_some(Moved { user_id, user_num, comes })
    });
    moved.collect()
}
