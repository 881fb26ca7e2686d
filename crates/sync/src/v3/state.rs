//! The state of a room beside a piece of its timeline.
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use rooms::{Event, Format, Room, Viewer, state::RoomState};
use store::{EventNum, StateKeyNum, state_changes};

use super::{Events, Request, State, answer::Window, joined::Piece};
use crate::{error::Result, service::Sync};

/// State events, before they are rendered.
pub(super) struct StateEvents {
    pub(super) events: Vec<Arc<Event>>,
}

impl StateEvents {
    pub(super) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }
}

impl Sync {
    /// The state that a client needs beside `piece`: all of it, or what has changed since the client was here.
    pub(super) async fn state(
        &self,
        request: &Request,
        window: Window,
        room: &Arc<Room>,
        piece: &Piece,
        whole: bool,
    ) -> Result<StateEvents> {
        let end = if request.state_after.is_wanted() { window.now.position } else { piece.start };
        let filter = &request.filter.room.state;
        let mut events = if whole {
            self.whole_state(room, end, window.now.position).await?
        } else if request.state_after.is_wanted() || piece.limited {
            self.changed_state(room, window.after(), end).await?
        } else {
            Vec::new()
        };
        if !whole && !request.filter.room.timeline.allows_everything() {
            events.extend(self.state_not_shown(room, window, piece).await?);
        }
        if filter.lazy_load_members {
            let wanted = members_shown(request, piece);
            events.retain(|event| event.pdu.kind() != "m.room.member" || is_of(event, &wanted));
            if !whole {
                self.add_members(room, piece, &wanted, &mut events).await?;
            }
        }
        events.retain(|event| filter.matches(&event.pdu));
        events.sort_by_key(|event| event.position());
        events.dedup_by_key(|event| event.num);
        Ok(StateEvents { events })
    }

    /// The state as it was at `end`: that of now, with what has changed after `end` taken back.
    async fn whole_state(&self, room: &Arc<Room>, end: i64, now: i64) -> Result<Vec<Arc<Event>>> {
        let facts = room.facts(&self.rooms).await?;
        let mut state = facts.state.clone();
        self.take_back(room, &mut state, end, facts.last_position.max(now)).await?;
        Ok(state.iter().cloned().collect())
    }

    async fn take_back(
        &self,
        room: &Room,
        state: &mut RoomState,
        end: i64,
        now: i64,
    ) -> Result<()> {
        let changes = state_changes::between(&self.store.db, room.num, end, now).await?;
        // The first change after `end` says what was there at `end`.
        let mut before: BTreeMap<StateKeyNum, (Option<EventNum>, Option<EventNum>)> =
            BTreeMap::new();
        for change in changes {
            before.entry(change.state_key_num).or_insert((change.replaced, change.event_num));
        }
        for (replaced, event) in before.into_values() {
            let numbers: Vec<EventNum> = [replaced, event].into_iter().flatten().collect();
            let events = self.rooms.events(&numbers).await?;
            match events.iter().find(|event| Some(event.num) == replaced) {
                Some(replaced) => drop(state.set(Arc::clone(replaced))),
                None => {
                    if let Some(pdu) = events.first().map(|event| &event.pdu) {
                        state.remove(pdu.kind(), pdu.state_key().unwrap_or_default());
                    }
                }
            }
        }
        Ok(())
    }

    /// For each key that has changed after `after` and up to `end`, its event at `end`.
    async fn changed_state(&self, room: &Room, after: i64, end: i64) -> Result<Vec<Arc<Event>>> {
        let changes = state_changes::between(&self.store.db, room.num, after, end).await?;
        let latest: BTreeMap<StateKeyNum, Option<EventNum>> =
            changes.into_iter().map(|change| (change.state_key_num, change.event_num)).collect();
        let numbers: Vec<EventNum> = latest.into_values().flatten().collect();
        Ok(self.rooms.events(&numbers).await?)
    }

    /// State that has changed beside the timeline, but that the timeline's filter has kept from it.
    async fn state_not_shown(
        &self,
        room: &Room,
        window: Window,
        piece: &Piece,
    ) -> Result<Vec<Arc<Event>>> {
        let after = if piece.limited { piece.start } else { window.after() };
        let shown: BTreeSet<EventNum> = piece.events.iter().map(|event| event.num).collect();
        let mut changed = self.changed_state(room, after, window.now.position).await?;
        changed.retain(|event| !shown.contains(&event.num));
        Ok(changed)
    }

    /// The members that a lazily loading client needs to show the timeline, which it may not have.
    async fn add_members(
        &self,
        room: &Arc<Room>,
        piece: &Piece,
        wanted: &BTreeSet<String>,
        events: &mut Vec<Arc<Event>>,
    ) -> Result<()> {
        let facts = room.facts(&self.rooms).await?;
        let told: BTreeSet<EventNum> =
            events.iter().chain(&piece.events).map(|event| event.num).collect();
        for user in wanted {
            if let Some(member) = facts.state.get("m.room.member", user)
                && !told.contains(&member.num)
                && !events.iter().any(|event| event.is_state("m.room.member", user))
            {
                events.push(Arc::clone(member));
            }
        }
        Ok(())
    }

    pub(super) async fn render_state(
        &self,
        request: &Request,
        events: &[Arc<Event>],
    ) -> Result<State> {
        let viewer = Viewer { user_num: request.user_num, device_id: request.device() };
        let events = Events { events: self.rooms.render(events, viewer, Format::InRoom).await? };
        Ok(match request.state_after {
            super::StateAfter::No => State::Before(events),
            super::StateAfter::Stable => State::After(events),
            super::StateAfter::Unstable => State::UnstableAfter(events),
        })
    }
}

/// The users whose events a client is shown, and the user themselves.
fn members_shown(request: &Request, piece: &Piece) -> BTreeSet<String> {
    let senders = piece.events.iter().map(|event| event.pdu.sender().to_string());
    senders.chain([request.user_id.to_string()]).collect()
}

fn is_of(event: &Event, users: &BTreeSet<String>) -> bool {
    event.pdu.state_key().is_some_and(|user| users.contains(user))
}
