//! The state of a room beside a piece of its timeline.
use std::{collections::BTreeSet, sync::Arc};

use rooms::{Event, Room};
use store::EventNum;

use super::{Events, Request, State};
use crate::{error::Result, service::Sync, timeline::Piece, window::Window};

const MEMBER: &str = "m.room.member";

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
        let after_wanted = request.state_after.is_wanted();
        let end = if after_wanted { window.now.position } else { piece.start };
        let filter = &request.filter.room.state;
        let mut events = if whole {
            self.state_until(room, end, window.now.position).await?.iter().cloned().collect()
        } else if after_wanted {
            self.changed_state(room, window.after(), end).await?
        } else {
            let mut changed = self.state_not_shown(room, window, piece).await?;
            if piece.limited {
                changed.extend(self.changed_state(room, window.after(), end).await?);
            }
            changed
        };
        if filter.lazy_load_members {
            if whole || piece.limited {
                let wanted = members_shown(request, piece);
                events.retain(|event| event.pdu.kind() != MEMBER || is_of(event, &wanted));
            }
            if !whole {
                self.add_members(room, piece, &mut events).await?;
            }
        }
        events.retain(|event| filter.matches(&event.pdu));
        events.sort_by_key(|event| event.position());
        events.dedup_by_key(|event| event.num);
        Ok(StateEvents { events })
    }

    /// State that has changed beside the timeline, but that the timeline does not show: because of its filter, because
    /// the user was away and may not see it happen, or because a state resolution has brought it back.
    async fn state_not_shown(
        &self,
        room: &Room,
        window: Window,
        piece: &Piece,
    ) -> Result<Vec<Arc<Event>>> {
        let after = if piece.limited { piece.start } else { window.after() };
        let mut changed = self.changed_state(room, after, window.now.position).await?;
        if !changed.is_empty() {
            let shown: BTreeSet<EventNum> = piece.events.iter().map(|event| event.num).collect();
            changed.retain(|event| !shown.contains(&event.num));
        }
        Ok(changed)
    }

    /// The members that a lazily loading client needs to show the timeline, which it may not have.
    async fn add_members(
        &self,
        room: &Arc<Room>,
        piece: &Piece,
        events: &mut Vec<Arc<Event>>,
    ) -> Result<()> {
        let facts = room.facts(&self.rooms).await?;
        let told: BTreeSet<EventNum> =
            events.iter().chain(&piece.events).map(|event| event.num).collect();
        let senders: BTreeSet<&str> =
            piece.events.iter().map(|event| event.pdu.sender().as_str()).collect();
        for user in senders {
            if let Some(member) = facts.state.get(MEMBER, user)
                && !told.contains(&member.num)
                && !events.iter().any(|event| event.is_state(MEMBER, user))
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
        let events = Events { events: self.shown_state(request, events).await? };
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
    senders.chain([request.client.user_id.to_string()]).collect()
}

fn is_of(event: &Event, users: &BTreeSet<String>) -> bool {
    event.pdu.state_key().is_some_and(|user| users.contains(user))
}
