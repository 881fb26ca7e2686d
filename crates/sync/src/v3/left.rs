//! A room that the user is gone from.
use std::sync::Arc;

use rooms::Room;
use store::memberships::{Membership, MembershipRow};

use super::{Events, LeftRoom, Request, Timeline};
use crate::{error::Result, service::Sync, timeline::Piece, window::Window};

impl Sync {
    /// What a user is told of a room of which nothing is left.
    pub(super) async fn nothing_left(&self, request: &Request) -> Result<LeftRoom> {
        let (timeline, account_data) = (Timeline::default(), Events::default());
        Ok(LeftRoom { timeline, state: self.render_state(request, &[]).await?, account_data })
    }

    /// What a user is told of a room that they have left, or were removed from, or turned down; `None` if they know.
    pub(super) async fn left_room(
        &self,
        request: &Request,
        window: Window,
        room: &Arc<Room>,
        place: MembershipRow,
        account_data: Events,
    ) -> Result<Option<LeftRoom>> {
        let is_news = window.since.is_some() && window.contains(place.position);
        let is_wanted = request.filter.room.include_leave && window.since.is_none();
        if !is_news && !is_wanted {
            return Ok(None);
        }
        let view = self.rooms.view(room, &request.client.user_id).await?;
        let before = view.membership_at(window.after());
        if is_news
            && matches!(before, Some(Membership::Leave | Membership::Ban))
            && !view.ever_joined()
        {
            return Ok(None);
        }
        // Nothing after the user has gone.
        let end = view.end().unwrap_or(place.position).min(window.now.position);
        let now = rooms::token::StreamToken { position: end, ..window.now };
        // Who came and went since, sees the room as somebody who syncs for the first time.
        let is_new = before != Some(Membership::Join);
        let since = window.since.filter(|_| !is_new);
        let window = Window { since, now };
        let (piece, state) = if view.ever_joined() {
            let piece = self.wanted_piece(request, window, room, &view).await?;
            let state = self.state(request, window, room, &piece, is_new).await?;
            (piece, state.events)
        } else {
            // An invite turned down, or a room that is forgotten: the user's own member event is all there is.
            let events = self.rooms.events(&[place.event_num]).await?;
            (Piece { events, limited: false, start: end, view }, Vec::new())
        };
        Ok(Some(LeftRoom {
            timeline: self.timeline(request, &piece).await?,
            state: self.render_state(request, &state).await?,
            account_data,
        }))
    }
}
