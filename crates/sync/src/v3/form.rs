//! Events in the form that the filter asks for.
use std::sync::Arc;

use protocol::filter::{EventFields, EventFormat};
use rooms::Event;
use serde_json::value::{RawValue, to_raw_value};

use super::Request;
use crate::{error::Result, service::Sync, timeline::Piece};

impl Sync {
    /// State events as this client wants to get them.
    pub(super) async fn shown_state(
        &self,
        request: &Request,
        events: &[Arc<Event>],
    ) -> Result<Vec<Box<RawValue>>> {
        let shown = match request.filter.event_format {
            EventFormat::Client => self.render(&request.client, events).await?,
            EventFormat::Federation => as_servers_see(events)?,
        };
        selected(request, shown)
    }

    /// A piece of a timeline as this client wants to get it.
    pub(super) async fn shown_piece(
        &self,
        request: &Request,
        piece: &Piece,
    ) -> Result<Vec<Box<RawValue>>> {
        let shown = match request.filter.event_format {
            EventFormat::Client => self.render_piece(&request.client, piece).await?,
            EventFormat::Federation => as_servers_see(&piece.events)?,
        };
        selected(request, shown)
    }
}

fn as_servers_see(events: &[Arc<Event>]) -> Result<Vec<Box<RawValue>>> {
    let events = events.iter().map(|event| RawValue::from_string(event.pdu.json().to_owned()));
    Ok(events.collect::<serde_json::Result<_>>()?)
}

fn selected(request: &Request, shown: Vec<Box<RawValue>>) -> Result<Vec<Box<RawValue>>> {
    match &request.filter.event_fields {
        Some(fields) => shown.iter().map(|event| select(fields, event)).collect(),
        None => Ok(shown),
    }
}

fn select(fields: &EventFields, event: &RawValue) -> Result<Box<RawValue>> {
    Ok(to_raw_value(&fields.select(&serde_json::from_str(event.get())?))?)
}
