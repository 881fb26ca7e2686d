//! From a draft to a signed event that the room allows.
use std::sync::{Arc, OnceLock};

use db::Write;
use protocol::{
    Pdu,
    canonical::INTEGER_MAX,
    ids::{EventId, OwnedEventId, OwnedRoomId, UserId},
    limits::PREV_EVENTS_MAX,
    signing::{EventIntent, IntentError, Placement},
};
use store::{
    EventNum, StateKeyNum, events::Status, memberships::Membership, relations::RelatedBy,
    state_versions::Weight,
};

use crate::{
    draft::Draft,
    error::{Error, Result},
    event::Event,
    facts::Facts,
    relations::{Related, Relation},
    service::Rooms,
};

/// An event that is allowed, and what it changes.
pub(super) struct Built {
    pub(super) event: Arc<Event>,
    /// The room before it, without its members' being copied.
    pub(super) before: Facts,
    pub(super) change: Option<StateChange>,
    pub(super) redaction: Option<Redaction>,
    pub(super) related: Option<Related>,
}

/// A key of the current state set to this event.
pub(super) struct StateChange {
    pub(super) key: StateKeyNum,
    pub(super) replaced: Option<EventNum>,
    pub(super) parent_weight: Weight,
    /// The user whose membership it is, and what they are now.
    pub(super) member: Option<(store::UserNum, Membership)>,
}

/// An older event emptied by this one.
pub(super) struct Redaction {
    pub(super) target: Arc<Event>,
    pub(super) redacted: Arc<Event>,
}

/// Builds, authorizes and signs `draft` on top of `facts`, and moves `facts` behind it.
pub(super) async fn build(
    rooms: &Rooms,
    facts: &mut Facts,
    sender: &UserId,
    draft: &Draft,
    transaction_key: Option<&str>,
    write: &mut Write,
) -> Result<Built> {
    let pdu = sign(rooms, facts, sender, draft)?;
    event_auth::authorize(facts.version, &pdu, &facts.state)?;
    let num = rooms.store.interner.next_event().await?;
    let redaction = redaction(rooms, facts, &pdu, num).await?;
    let sender_num = rooms.store.interner.user(write, sender).await?;
    let related = Relation::find(rooms, facts.room_num, &pdu).await?;
    if let Some(related) = &related {
        related.check(rooms, facts.room_num, sender_num, pdu.kind()).await?;
    }
    let before = facts.clone();
    let mut state_version = facts.head.state_version;
    let mut change = None;
    if let Some(state_key) = pdu.state_key() {
        let key = rooms.store.interner.state_key(write, pdu.kind(), state_key).await?;
        state_version = rooms.store.interner.next_state_version().await?;
        let member = member(rooms, &pdu, write).await?;
        let replaced = facts.state.get(pdu.kind(), state_key).map(|event| event.num);
        change = Some(StateChange { key, replaced, parent_weight: facts.weight, member });
    }
    let event = Arc::new(Event {
        num,
        room_num: facts.room_num,
        sender_num,
        state_key_num: change.as_ref().map(|change| change.key),
        state_version: Some(state_version),
        replaces: change.as_ref().and_then(|change| change.replaced),
        thread: related.as_ref().and_then(Related::thread),
        notify_count: OnceLock::new(),
        related_by: RelatedBy::NOTHING.bits().into(),
        status: Status::Accepted,
        redacted_by: None,
        transaction_key: transaction_key.map(Into::into),
        position: OnceLock::new(),
        pdu,
    });
    advance(facts, &event, change.as_ref(), redaction.as_ref());
    Ok(Built { event, before, change, redaction, related })
}

/// The id of the room that `create` would create, in a version in which the event makes it.
pub(crate) fn room_id(
    rooms: &Rooms,
    facts: &Facts,
    creator: &UserId,
    create: &Draft,
) -> Result<OwnedRoomId> {
    Ok(sign(rooms, facts, creator, create)?.room_id().to_owned())
}

fn sign(rooms: &Rooms, facts: &Facts, sender: &UserId, draft: &Draft) -> Result<Pdu> {
    let intent = intent(rooms, facts, sender, draft)?;
    let auth_events = event_auth::auth_types_for(facts.version, &intent)?
        .iter()
        .filter_map(|(kind, state_key)| facts.state.get(kind, state_key))
        .map(|event| event.pdu.event_id().to_owned())
        .collect();
    let placement = Placement {
        prev_events: followed(facts).iter().map(|(_, id)| id.clone()).collect(),
        auth_events,
        // Another server may have said that it has reached the end of the numbers: the room goes on there.
        depth: facts.head.depth.saturating_add(1).min(INTEGER_MAX),
        // The first event is built twice where its hash is the room's id: it has to be the same.
        origin_server_ts: if facts.state.is_empty() {
            facts.created_ts
        } else {
            draft.manner.sent_ts.unwrap_or_else(|| rooms.now_ms())
        },
    };
    Ok(rooms.signer.build(&intent, &placement)?.into_inner())
}

/// The ends of the timeline that the next event follows: the oldest, if there are more than an event can follow.
fn followed(facts: &Facts) -> &[(EventNum, OwnedEventId)] {
    let count = facts.extremity_ids.len().min(PREV_EVENTS_MAX);
    facts.extremity_ids.get(..count).unwrap_or_default()
}

fn intent(
    rooms: &Rooms,
    facts: &Facts,
    sender: &UserId,
    draft: &Draft,
) -> std::result::Result<EventIntent, IntentError> {
    let (server, version) = (rooms.server_name(), facts.version);
    let (room_id, sender) = (facts.room_id.clone(), sender.to_owned());
    let (kind, content) = (draft.kind.as_str(), draft.content.clone());
    let intent = match (&draft.state_key, &draft.redacts) {
        (None, None) => EventIntent::message(server, version, room_id, sender, kind, content),
        (None, Some(target)) => {
            EventIntent::redaction(server, version, room_id, sender, target.clone(), content)
        }
        (Some(_), _) if facts.state.is_empty() => {
            let room_id = (!version.create_event_is_room_id()).then_some(room_id);
            EventIntent::create(server, version, room_id, sender, content)
        }
        (Some(state_key), _) => {
            EventIntent::state(server, version, room_id, sender, kind, state_key, content)
        }
    }?;
    Ok(match draft.manner.sticky_ms {
        Some(duration_ms) => intent.sticky(duration_ms),
        None => intent,
    })
}

async fn member(
    rooms: &Rooms,
    pdu: &Pdu,
    write: &mut Write,
) -> Result<Option<(store::UserNum, Membership)>> {
    #[derive(serde::Deserialize)]
    struct Content {
        membership: String,
    }
    if pdu.kind() != "m.room.member" {
        return Ok(None);
    }
    let membership = pdu
        .content_as::<Content>()
        .ok()
        .and_then(|content| Membership::parse(&content.membership))
        .ok_or_else(|| Error::BadContent("a member event needs a membership".into()))?;
    let user = pdu.state_key().and_then(|user| UserId::parse(user).ok());
    let user = user.ok_or_else(|| Error::BadContent("a member event needs a user".into()))?;
    Ok(Some((rooms.store.interner.user(write, &user).await?, membership)))
}

/// What a redaction empties: anything of the sender's own, or anything at all with the power to redact.
async fn redaction(
    rooms: &Rooms,
    facts: &Facts,
    pdu: &Pdu,
    num: EventNum,
) -> Result<Option<Redaction>> {
    if pdu.kind() != "m.room.redaction" {
        return Ok(None);
    }
    let Some(target) = pdu.redacts().map(EventId::to_owned) else {
        return Err(Error::BadContent("a redaction needs the event it redacts".into()));
    };
    let target = rooms.event(&target).await?.filter(|event| event.room_num == facts.room_num);
    let Some(target) = target else { return Err(Error::UnknownEvent) };
    let powerful = facts.powers().can_redact_others(pdu.sender());
    if target.pdu.sender() != pdu.sender() && !powerful {
        return Err(Error::Forbidden("you may only redact what you have sent"));
    }
    let pdu = protocol::redaction::redact(&target.pdu)
        .map_err(|error| Error::Build(error.to_string()))?;
    let redacted = Arc::new(target.redacted(pdu, num));
    Ok(Some(Redaction { target, redacted }))
}

/// Moves `facts` behind `event`.
fn advance(
    facts: &mut Facts,
    event: &Arc<Event>,
    change: Option<&StateChange>,
    redaction: Option<&Redaction>,
) {
    if let Some(redaction) = redaction {
        let target = &redaction.redacted.pdu;
        let current = target.state_key().and_then(|key| facts.state.get(target.kind(), key));
        if current.is_some_and(|current| current.num == redaction.target.num) {
            facts.state.set(Arc::clone(&redaction.redacted));
        }
    }
    if let Some(change) = change {
        let replaced = facts.state.set(Arc::clone(event));
        facts.count_member(replaced.and_then(|event| event.membership()), false);
        facts.count_member(change.member.map(|(_, membership)| membership), true);
        facts.weight = next_weight(facts, change.parent_weight);
        if let Some(version) = event.state_version {
            facts.head.state_version = version;
        }
    }
    facts.head.depth = event.pdu.depth();
    // Of many ends an event follows some only: see `followed`.
    facts.extremity_ids.drain(..followed(facts).len());
    facts.extremity_ids.push((event.num, event.pdu.event_id().to_owned()));
    facts.head.extremities = facts.extremity_ids.iter().map(|(num, _)| *num).collect();
}

fn next_weight(facts: &Facts, parent: Weight) -> Weight {
    if facts.state.len() == 1 || parent.wants_snapshot() {
        Weight { snapshot: i64::try_from(facts.state.len()).unwrap_or(i64::MAX), since: 0 }
    } else {
        Weight { snapshot: parent.snapshot, since: parent.since.saturating_add(1) }
    }
}
