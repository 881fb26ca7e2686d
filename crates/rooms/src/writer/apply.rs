//! The rows of an event, and what its commit changes in memory.
use std::sync::Arc;

use db::{Committed, Value, Write};
use protocol::ids::UserId;
use store::{
    Change, current_state, events,
    memberships::{self, Membership},
    state_changes, state_versions,
};

use super::build::{Built, StateChange};
use crate::{
    facts::{Facts, is_bump},
    notifications::{Arrival, Classified, Moved},
    relations,
    room::Room,
    service::Rooms,
};

/// What is known of an event that is in the write.
pub(super) struct Recorded {
    /// Bound when the write commits.
    pub(super) position: Value,
    pub(super) classified: Classified,
    /// Delayed events that it has made pointless.
    pub(super) pointless: Vec<String>,
}

/// Adds the rows of one event.
pub(super) async fn record(
    rooms: &Rooms,
    built: &Built,
    counter: &mut i64,
    position: &Value,
    write: &mut Write,
) -> db::Result<Classified> {
    let event = &built.event;
    let moved = moved(built);
    let arrival = Arrival {
        facts: &built.before,
        event: &event.pdu,
        sender_num: event.sender_num,
        moved: moved.as_slice(),
        redacts: built.redaction.as_ref().map(|redaction| &*redaction.target),
        thread: event.thread,
        notify_count: *counter,
        position,
    };
    let classified = rooms.notifications.classify(&arrival, write).await?;
    if classified.notifies {
        *counter += 1;
    }
    let _ = event.notify_count.set(*counter);
    events::insert(write, &event.new_row(*counter)?, position.clone());
    rooms.record_sticky(event, position, write);
    if let Some(change) = &built.change {
        record_state(built, change, position, write);
    }
    if let Some(redaction) = &built.redaction {
        events::redact(write, redaction.target.num, event.num, redaction.redacted.pdu.json());
        relations::remove(write, &redaction.target);
    }
    if let Some(related) = &built.related {
        related.record(write, event, position);
    }
    Ok(classified)
}

/// Who comes or goes by an event.
fn moved(built: &Built) -> Option<Moved> {
    let (user_num, membership) = built.change.as_ref()?.member?;
    let user_id = UserId::parse(built.event.pdu.state_key()?).ok()?;
    let comes = membership == Membership::Join;
    let is_moved = comes != built.before.is_joined(&user_id);
    is_moved.then_some(Moved { user_id, user_num, comes })
}

fn record_state(built: &Built, change: &StateChange, position: &Value, write: &mut Write) {
    let (event, before) = (&built.event, &built.before);
    let Some(version) = event.state_version else { return };
    if before.state.is_empty() || change.parent_weight.wants_snapshot() {
        let parent = (!before.state.is_empty()).then_some(before.head.state_version);
        let older = before.state.iter().filter_map(|old| Some((old.state_key_num?, old.num)));
        let mut state: state_versions::StateMap = older.collect();
        state.insert(change.key, event.num);
        state_versions::insert_snapshot(write, version, parent, state.into_iter());
    } else {
        let parent = before.head.state_version;
        let entries = [(change.key, Some(event.num))];
        state_versions::insert_delta(write, version, parent, change.parent_weight, &entries);
    }
    let room = event.room_num;
    current_state::set(write, room, change.key, event.num);
    let at = position.clone();
    state_changes::insert(write, room, at, change.key, Some(event.num), change.replaced);
    if let Some((user, membership)) = change.member {
        memberships::set(write, room, user, membership, event.num, position.clone());
    }
}

/// Applies what was committed to memory, publishes it, and lets it become visible.
pub(super) fn committed<'a>(
    rooms: &Rooms,
    room: &Arc<Room>,
    mut facts: Facts,
    events: impl Iterator<Item = (&'a Built, &'a Recorded)>,
    committed: Committed,
) {
    let mut changes = Vec::new();
    let (mut added, mut redacted) = (Vec::new(), Vec::new());
    for (built, recorded) in events {
        let event = &built.event;
        let position = committed.position(&recorded.position);
        let _ = event.position.set(position);
        facts.last_position = position;
        if is_bump(event.pdu.kind()) {
            facts.bump_position = position;
        }
        rooms.remember_sticky(event);
        rooms.events.insert(Arc::clone(event));
        added.push(Arc::clone(event));
        if let Some(related) = &built.related {
            related.committed(rooms, room);
        }
        if let Some(redaction) = &built.redaction {
            // What relates to it may be in the same batch.
            redaction.redacted.add_related_by(redaction.target.related_by());
            rooms.events.insert(Arc::clone(&redaction.redacted));
            redacted.push(Arc::clone(&redaction.redacted));
        }
        if let Some(change) = &built.change {
            facts.state_position = position;
            rooms.forget_history(room.num, change.key);
        }
        changes.push(Change::Room { position, room: room.num });
        if let Some((user, membership)) = built.change.as_ref().and_then(|change| change.member) {
            let row = memberships::MembershipRow {
                room_num: room.num,
                user_num: user,
                membership,
                event_num: event.num,
                position,
                forgotten: false,
            };
            rooms.memberships.apply(row);
            let member = event.pdu.state_key().and_then(|user| <&UserId>::try_from(user).ok());
            if let Some(member) = member.filter(|_| membership != Membership::Join) {
                rooms.stop_typing(room.num, member);
            }
            if is_local(rooms, event.pdu.state_key()) {
                let follows = membership == Membership::Join;
                changes.push(Change::Membership { position, user, room: room.num, follows });
            } else {
                changes.push(Change::RemoteMembership { position, room: room.num });
            }
        }
        rooms.forget_pointless(&recorded.pointless);
        rooms.notifications.committed(room.num, position, &recorded.classified);
    }
    room.apply(Arc::new(facts), added);
    for event in &redacted {
        room.replace(event);
    }
    rooms.store.changes.publish(committed.publication, &changes);
}

fn is_local(rooms: &Rooms, user: Option<&str>) -> bool {
    user.and_then(|user| <&UserId>::try_from(user).ok())
        .is_some_and(|user| user.server_name() == rooms.server_name())
}
