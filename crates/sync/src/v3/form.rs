//! Events in the form that the filter asks for.
use std::sync::Arc;

use protocol::filter::{EventFields, EventFormat};
use rooms::Event;
use serde_json::value::{RawValue, to_raw_value};

use super::Request;
use crate::{error::Result, service::Sync};

impl Sync {
    /// The events as this client wants to get them.
    pub(super) async fn shown(
        &self,
        request: &Request,
        events: &[Arc<Event>],
    ) -> Result<Vec<Box<RawValue>>> {
        let shown = match request.filter.event_format {
            EventFormat::Client => self.render(&request.client, events).await?,
            EventFormat::Federation => events
                .iter()
                .map(|event| RawValue::from_string(event.pdu.json().to_owned()))
                .collect::<serde_json::Result<_>>()?,
        };
        match &request.filter.event_fields {
            Some(fields) => shown.iter().map(|event| select(fields, event)).collect(),
            None => Ok(shown),
        }
    }
}

fn select(fields: &EventFields, event: &RawValue) -> Result<Box<RawValue>> {
    Ok(to_raw_value(&fields.select(&serde_json::from_str(event.get())?))?)
}
