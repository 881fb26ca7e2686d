//! Events as one user's client gets them: the event's raw parts, and `unsigned` for that user ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#room-event-format
use std::{collections::HashMap, fmt::Write as _, sync::Arc};

use protocol::canonical::write_string;
use serde_json::value::RawValue;
use store::{EventNum, UserNum};

use crate::{error::Result, event::Event, service::Rooms};

/// For whom events are rendered.
#[derive(Clone, Copy, Debug)]
pub struct Viewer<'a> {
    /// The user.
    pub user_num: UserNum,
    /// The device of the session: it alone sees its transaction ids.
    pub device_id: &'a str,
}

/// In which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// With `room_id`.
    Whole,
    /// Without `room_id`, where the place implies it: `/sync`.
    InRoom,
}

impl Rooms {
    /// Renders events, in their order.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn render(
        &self,
        events: &[Arc<Event>],
        viewer: Viewer<'_>,
        format: Format,
    ) -> Result<Vec<Box<RawValue>>> {
        let related: Vec<EventNum> =
            events.iter().flat_map(|event| [event.replaces, event.redacted_by]).flatten().collect();
        let related: HashMap<EventNum, Arc<Event>> =
            self.events(&related).await?.into_iter().map(|event| (event.num, event)).collect();
        let now = self.now_ms();
        let mut rendered = Vec::with_capacity(events.len());
        for event in events {
            let unsigned = unsigned(event, viewer, &related, now);
            let mut text = String::new();
            event.pdu.write_client_format(
                &mut text,
                Some(&raw(unsigned)?),
                format == Format::Whole,
            );
            rendered.push(raw(text)?);
        }
        Ok(rendered)
    }

    /// Renders one event.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn render_one(
        &self,
        event: &Arc<Event>,
        viewer: Viewer<'_>,
        format: Format,
    ) -> Result<Box<RawValue>> {
        let rendered = self.render(std::slice::from_ref(event), viewer, format).await?;
        rendered.into_iter().next().ok_or(crate::error::Error::UnknownEvent)
    }
}

/// Renders events in the stripped form that invited and knocking users see.
///
/// # Errors
/// Fails if an event is no JSON, which the store rules out.
pub(crate) fn stripped<'a>(
    events: impl Iterator<Item = &'a Arc<Event>>,
) -> Result<Vec<Box<RawValue>>> {
    events
        .map(|event| {
            let mut text = String::new();
            event.pdu.write_stripped_format(&mut text);
            raw(text)
        })
        .collect()
}

/// Renders the children of a space: stripped, with the time that orders them ([spec]).
///
/// [spec]: https://spec.matrix.org/v1.16/client-server-api/#get_matrixclientv1roomsroomidhierarchy
///
/// # Errors
/// Fails if an event is no JSON, which the store rules out.
pub(crate) fn stripped_with_time<'a>(
    events: impl Iterator<Item = &'a Arc<Event>>,
) -> Result<Vec<Box<RawValue>>> {
    events
        .map(|event| {
            let mut text = String::new();
            event.pdu.write_stripped_format_with_time(&mut text);
            raw(text)
        })
        .collect()
}

fn unsigned(
    event: &Event,
    viewer: Viewer<'_>,
    related: &HashMap<EventNum, Arc<Event>>,
    now: i64,
) -> String {
    let mut out = String::with_capacity(64);
    let _ = write!(out, r#"{{"age":{}"#, now.saturating_sub(event.pdu.origin_server_ts()).max(0));
    if let Some(replaced) = event.replaces.and_then(|num| related.get(&num)) {
        out.push_str(r#","prev_content":"#);
        out.push_str(replaced.pdu.content());
        out.push_str(r#","prev_sender":"#);
        write_string(&mut out, replaced.pdu.sender().as_str());
        out.push_str(r#","replaces_state":"#);
        write_string(&mut out, replaced.pdu.event_id().as_str());
    }
    if let Some(redaction) = event.redacted_by.and_then(|num| related.get(&num)) {
        out.push_str(r#","redacted_because":"#);
        redaction.pdu.write_client_format(&mut out, None, true);
    }
    if let Some(transaction_id) = event.transaction_id(viewer.user_num, viewer.device_id) {
        out.push_str(r#","transaction_id":"#);
        write_string(&mut out, transaction_id);
    }
    out.push('}');
    out
}

pub(crate) fn raw(text: String) -> Result<Box<RawValue>> {
    RawValue::from_string(text).map_err(|_| db::Error::inconsistent("an event's JSON").into())
}
