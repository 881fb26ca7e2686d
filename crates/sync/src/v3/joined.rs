//! A room that the user is in.
use std::{collections::BTreeMap, sync::Arc};

use protocol::ids::{OwnedEventId, OwnedUserId};
use push::Counts;
use rooms::{Event, Facts, Receipt, Room, View};
use store::{EventNum, memberships::Membership};

use super::{Events, JoinedRoom, Request, Summary, Timeline, answer::Gathered};
use crate::{
    error::Result, events, profiles, service::Sync, summary, timeline::Piece, window::Window,
};

/// How many events of a room an answer has unless the filter says otherwise.
const TIMELINE_LIMIT: u32 = 10;

/// How many events of a room an answer has at most.
const TIMELINE_LIMIT_MAX: u32 = 1_000;

impl Sync {
    /// What is new in a joined room; `None` if nothing is.
    pub(super) async fn joined_room(
        &self,
        request: &Request,
        window: Window,
        room: &Arc<Room>,
        gathered: Gathered,
    ) -> Result<Option<JoinedRoom>> {
        let Gathered { account_data, receipts } = gathered;
        let facts = room.facts(&self.rooms).await?;
        let view = self.rooms.view(room, &request.client.user_id).await?;
        let is_new = window.since.is_none() || !was_joined(&view, window);
        // Who comes in sees the room as somebody who syncs for the first time.
        let room_window = if is_new { Window { since: None, ..window } } else { window };
        let whole = is_new || request.full_state;
        let piece = self.wanted_piece(request, room_window, room, &view).await?;
        let state = self.state(request, room_window, room, &piece, whole).await?;
        let ephemeral = self.ephemeral(request, room_window, room, receipts).await?;
        let range = (room_window.after(), window.now.position);
        let sticky = self.sticky(room, &view, range, Some(&piece)).await?;
        let has_news = !piece.events.is_empty()
            || piece.limited
            || !state.is_empty()
            || !ephemeral.is_empty()
            || !sticky.is_empty()
            || !account_data.is_empty()
            || whole
            || self.has_read(request, window, room).await?;
        if !has_news {
            return Ok(None);
        }
        let summary = if whole || facts.state_position > window.after() {
            summary::of(&facts, &request.client.user_id)
        } else {
            Summary::default()
        };
        let introduced = if request.wants_profiles() {
            let lazy = request.filter.room.state.lazy_load_members;
            whom_it_introduces(&facts, &piece, &state.events, &summary, whole && !lazy)
        } else {
            Vec::new()
        };
        let state = self.render_state(request, &state.events).await?;
        let (unread_notifications, unread_thread_notifications) =
            self.unread(request, room).await?;
        Ok(Some(JoinedRoom {
            summary,
            timeline: self.timeline(request, &piece).await?,
            state,
            sticky: Events { events: self.shown_state(request, &sticky).await? },
            ephemeral,
            account_data,
            unread_notifications,
            unread_thread_notifications,
            introduced,
        }))
    }

    /// How much is unread: in the whole room, or in the main timeline and in each thread if the filter asks for that.
    async fn unread(
        &self,
        request: &Request,
        room: &Arc<Room>,
    ) -> Result<(Counts, BTreeMap<OwnedEventId, Counts>)> {
        let (user_id, user) = (&request.client.user_id, request.client.user_num);
        let unread = self.push.unread(&self.rooms, user_id, user, room).await?;
        if !request.filter.room.timeline.unread_thread_notifications {
            return Ok((unread.total(), BTreeMap::new()));
        }
        let roots: Vec<EventNum> = unread.threads.keys().copied().collect();
        let roots = self.rooms.events(&roots).await?;
        let (mut main, mut unnamed) = (unread.main, unread.threads);
        let mut threads = BTreeMap::new();
        for root in roots {
            if let Some(counts) = unnamed.remove(&root.num) {
                threads.insert(root.pdu.event_id().to_owned(), counts);
            }
        }
        // A thread whose beginning is purged has no name: it counts with what is in none.
        for counts in unnamed.into_values() {
            main.notification_count += counts.notification_count;
            main.highlight_count += counts.highlight_count;
        }
        Ok((main, threads))
    }

    /// Whether the user has set a receipt of their own, which changes the counts.
    async fn has_read(&self, request: &Request, window: Window, room: &Room) -> Result<bool> {
        let (user, after) = (request.client.user_num, window.after());
        if !self.store.changes.user_changed_since(user, after) {
            return Ok(false);
        }
        let until = window.now.position;
        let read = store::receipts::rooms_of_user(&self.store.db, user, after, until).await?;
        Ok(read.contains(&room.num))
    }

    /// The newest events of the window that the user may and wants to see.
    pub(super) async fn wanted_piece(
        &self,
        request: &Request,
        window: Window,
        room: &Arc<Room>,
        view: &View,
    ) -> Result<Piece> {
        let filter = &request.filter.room.timeline;
        let limit = filter.events.limit.unwrap_or(TIMELINE_LIMIT).min(TIMELINE_LIMIT_MAX);
        let range = (window.after(), window.now.position);
        self.piece(room, view, range, limit as usize, Some(filter)).await
    }

    pub(super) async fn timeline(&self, request: &Request, piece: &Piece) -> Result<Timeline> {
        Ok(Timeline {
            events: self.shown_piece(request, piece).await?,
            limited: piece.limited,
            prev_batch: Some(self.prev_batch(piece)),
        })
    }

    /// Typing notices and receipts, which may have been read already.
    async fn ephemeral(
        &self,
        request: &Request,
        window: Window,
        room: &Room,
        receipts: Option<Vec<Receipt>>,
    ) -> Result<Events> {
        let filter = &request.filter.room.ephemeral;
        let mut ephemeral = Events::default();
        if !filter.allows_room(&room.id) {
            return Ok(ephemeral);
        }
        let filter = &filter.events;
        if filter.allows_kind("m.receipt") {
            let (after, until) = (window.after(), window.now.position);
            let receipts = match receipts {
                Some(receipts) => receipts,
                None => {
                    self.rooms.receipts(&request.client.user_id, room.num, after, until).await?
                }
            };
            if !receipts.is_empty() {
                ephemeral.events.push(events::receipts(&receipts)?);
            }
        }
        if filter.allows_kind("m.typing") {
            let since = window.since.map_or(0, |since| since.ephemeral);
            let has_changed =
                !self.store.changes.ephemeral_since([room.num].into_iter(), since).is_empty();
            let typing = self.typing_shown(&request.client, room.num);
            if has_changed && (window.since.is_some() || !typing.is_empty()) {
                ephemeral.events.push(events::typing(&typing)?);
            }
        }
        Ok(ephemeral)
    }
}

fn was_joined(view: &View, window: Window) -> bool {
    view.membership_at(window.after()) == Some(Membership::Join)
}

/// Whom a room introduces: `everybody` in it, or those whom the answer shows.
fn whom_it_introduces(
    facts: &Facts,
    piece: &Piece,
    state: &[Arc<Event>],
    summary: &Summary,
    everybody: bool,
) -> Vec<OwnedUserId> {
    if everybody {
        let members = facts.state.of_type("m.room.member").map(|(_, event)| event);
        return profiles::introduced(members, facts).collect();
    }
    let heroes = summary.heroes.iter().flatten().map(String::as_str);
    let told = profiles::introduced(state.iter().chain(&piece.events), facts);
    told.chain(profiles::joined_heroes(heroes, facts)).collect()
}
