//! Events as one user's client gets them: the event's raw parts, and `unsigned` for that user ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#room-event-format
use std::{collections::HashMap, fmt::Write as _, sync::Arc};

use protocol::canonical::write_string;
use serde_json::value::RawValue;
use store::{EventNum, UserNum, memberships::Membership};

use crate::{
    aggregations::{Bundle, Bundles},
    error::Result,
    event::Event,
    service::Rooms,
    sticky::sticky_until,
    visibility::View,
};

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
    /// Renders state events, in their order.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn render(
        &self,
        events: &[Arc<Event>],
        viewer: Viewer<'_>,
        format: Format,
    ) -> Result<Vec<Box<RawValue>>> {
        let (bundles, view) = (Bundles::new(), None);
        self.render_with(events, viewer, format, bundles, view).await
    }

    /// Renders one state event.
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

    /// Renders events of the timeline of one room, in their order: with what others have added to them, and with what the
    /// reader was in the room when they were sent. `view` is that of the reader.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn render_timeline(
        &self,
        events: &[Arc<Event>],
        view: &View,
        viewer: Viewer<'_>,
        format: Format,
    ) -> Result<Vec<Box<RawValue>>> {
        let bundles = self.bundles(view, viewer.user_num, events).await?;
        self.render_with(events, viewer, format, bundles, Some(view)).await
    }

    async fn render_with(
        &self,
        events: &[Arc<Event>],
        viewer: Viewer<'_>,
        format: Format,
        bundles: Bundles,
        view: Option<&View>,
    ) -> Result<Vec<Box<RawValue>>> {
        let related: Vec<EventNum> =
            events.iter().flat_map(|event| [event.replaces, event.redacted_by]).flatten().collect();
        let related = self.events(&related).await?.into_iter().map(|event| (event.num, event));
        let rendering = Rendering {
            viewer,
            format,
            view,
            related: related.collect(),
            bundles,
            now: self.now_ms(),
        };
        events.iter().map(|event| raw(rendering.event(event, false)?)).collect()
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

/// What events are rendered with.
struct Rendering<'a> {
    viewer: Viewer<'a>,
    format: Format,
    view: Option<&'a View>,
    /// The state that was replaced, and redactions.
    related: HashMap<EventNum, Arc<Event>>,
    bundles: Bundles,
    now: i64,
}

impl Rendering<'_> {
    /// One event; `is_bundled` with another one.
    fn event(&self, event: &Event, is_bundled: bool) -> Result<String> {
        let unsigned = raw(self.unsigned(event, is_bundled)?)?;
        let mut text = String::new();
        event.pdu.write_client_format(&mut text, Some(&unsigned), self.format == Format::Whole);
        Ok(text)
    }

    fn unsigned(&self, event: &Event, is_bundled: bool) -> Result<String> {
        let mut out = String::with_capacity(64);
        let age = self.now.saturating_sub(event.pdu.origin_server_ts()).max(0);
        let _ = write!(out, r#"{{"age":{age}"#);
        if let Some(bundle) = self.bundles.get(&event.num) {
            self.write_relations(&mut out, bundle, is_bundled)?;
        }
        if let (Some(view), Some(position)) = (self.view, event.position()) {
            // Who was nothing in the room yet is told as having left it ([spec]).
            //
            // [spec]: https://spec.matrix.org/v1.16/client-server-api/#room-event-format
            let membership = view.membership_at(position).unwrap_or(Membership::Leave);
            let _ = write!(out, r#","membership":"{}""#, membership.as_str());
        }
        if let Some(replaced) = event.replaces.and_then(|num| self.related.get(&num)) {
            out.push_str(r#","prev_content":"#);
            out.push_str(replaced.pdu.content());
            out.push_str(r#","prev_sender":"#);
            write_string(&mut out, replaced.pdu.sender().as_str());
            out.push_str(r#","replaces_state":"#);
            write_string(&mut out, replaced.pdu.event_id().as_str());
        }
        if let Some(redaction) = event.redacted_by.and_then(|num| self.related.get(&num)) {
            out.push_str(r#","redacted_because":"#);
            redaction.pdu.write_client_format(&mut out, None, true);
        }
        let sticky_until = sticky_until(&event.pdu, self.now);
        if let Some(left) = sticky_until.map(|until| until - self.now).filter(|left| *left > 0) {
            let _ = write!(out, r#","msc4354_sticky_duration_ttl_ms":{left}"#);
        }
        if let Some(transaction_id) =
            event.transaction_id(self.viewer.user_num, self.viewer.device_id)
        {
            out.push_str(r#","transaction_id":"#);
            write_string(&mut out, transaction_id);
        }
        out.push('}');
        Ok(out)
    }

    fn write_relations(&self, out: &mut String, bundle: &Bundle, is_bundled: bool) -> Result<()> {
        let mut opening = r#","m.relations":{"#;
        let mut begin = |out: &mut String, name: &str| {
            out.push_str(std::mem::replace(&mut opening, ","));
            let _ = write!(out, r#""{name}":"#);
        };
        if !bundle.references.is_empty() {
            begin(out, "m.reference");
            for (number, event_id) in bundle.references.iter().enumerate() {
                out.push_str(if number == 0 {
                    r#"{"chunk":[{"event_id":"#
                } else {
                    r#"},{"event_id":"#
                });
                write_string(out, event_id);
            }
            out.push_str("}]}");
        }
        if let Some(edit) = &bundle.edit {
            begin(out, "m.replace");
            out.push_str(&self.event(edit, true)?);
        }
        // There are no threads within threads, whatever other servers send.
        if let Some(thread) = bundle.thread.as_ref().filter(|_| !is_bundled) {
            begin(out, "m.thread");
            let (count, participated) = (thread.count, thread.participated);
            let _ = write!(out, r#"{{"count":{count},"current_user_participated":{participated}"#);
            out.push_str(r#","latest_event":"#);
            out.push_str(&self.event(&thread.latest, true)?);
            out.push('}');
        }
        if !opening.starts_with(r#",""#) {
            out.push('}');
        }
        Ok(())
    }
}

pub(crate) fn raw(text: String) -> Result<Box<RawValue>> {
    RawValue::from_string(text).map_err(|_| db::Error::inconsistent("an event's JSON").into())
}
