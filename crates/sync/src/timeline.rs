//! Pieces of rooms' timelines.
use std::sync::Arc;

use protocol::filter::RoomEventFilter;
use rooms::{Event, Format, Room, View, token::TimelineToken};
use serde_json::value::RawValue;

use crate::{client::Client, error::Result, service::Sync};

/// A piece of a timeline, before it is rendered.
pub(crate) struct Piece {
    /// The events, oldest first.
    pub(crate) events: Vec<Arc<Event>>,
    /// Whether there is more before them that the client has not got.
    pub(crate) limited: bool,
    /// The position before the first event (or where the piece ends, if there is none).
    pub(crate) start: i64,
    /// What the user may see of the room.
    pub(crate) view: View,
}

impl Sync {
    /// The newest events with `after < position <= until` that the user may and wants to see.
    pub(crate) async fn piece(
        &self,
        room: &Arc<Room>,
        view: &View,
        (after, until): (i64, i64),
        limit: usize,
        filter: Option<&RoomEventFilter>,
    ) -> Result<Piece> {
        if filter.is_some_and(|filter| filter.allows_nothing_of(&room.id)) {
            let (events, view) = (Vec::new(), view.clone());
            return Ok(Piece { events, limited: false, start: until, view });
        }
        let (mut events, limited) =
            self.rooms.latest(room, view, (after, until), limit, filter).await?;
        events.reverse();
        let start = match events.first().and_then(|event| event.position()) {
            Some(position) => position - 1,
            None => until,
        };
        Ok(Piece { events, limited, start, view: view.clone() })
    }

    /// From where a client pages back from a piece.
    pub(crate) fn prev_batch(&self, piece: &Piece) -> String {
        TimelineToken { epoch: self.store.db.epoch(), position: piece.start }.to_string()
    }

    /// A piece as this client gets it.
    pub(crate) async fn render_piece(
        &self,
        client: &Client,
        piece: &Piece,
    ) -> Result<Vec<Box<RawValue>>> {
        let (events, view) = (&piece.events, &piece.view);
        Ok(self.rooms.render_timeline(events, view, client.viewer(), Format::InRoom).await?)
    }

    /// State of a room as this client gets it.
    pub(crate) async fn render(
        &self,
        client: &Client,
        events: &[Arc<Event>],
    ) -> Result<Vec<Box<RawValue>>> {
        Ok(self.rooms.render(events, client.viewer(), Format::InRoom).await?)
    }
}
