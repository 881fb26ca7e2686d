//! Sticky events (MSC4354), as every kind of sync tells them: those that the timeline does not show.
use std::{collections::HashSet, sync::Arc};

use rooms::{Event, Room, View};
use store::EventNum;

use crate::{error::Result, service::Sync, timeline::Piece};

impl Sync {
    /// The sticky events with `after < position <= until` that are not in `shown`.
    pub(crate) async fn sticky(
        &self,
        room: &Arc<Room>,
        view: &View,
        range: (i64, i64),
        shown: Option<&Piece>,
    ) -> Result<Vec<Arc<Event>>> {
        let mut events = self.rooms.sticky_events(room, view, range).await?;
        if !events.is_empty() {
            let shown: HashSet<EventNum> =
                shown.into_iter().flat_map(|piece| &piece.events).map(|event| event.num).collect();
            events.retain(|event| !shown.contains(&event.num));
        }
        Ok(events)
    }
}
