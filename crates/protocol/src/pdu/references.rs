//! `prev_events` and `auth_events` without a copy: the ids are read out of the event's JSON on demand.
use serde::de::IgnoredAny;

use super::text::Text;
use crate::ids::{EventId, OwnedEventId};

#[derive(Clone, Debug)]
pub(super) enum References {
    /// The text of an array of plain event ids without escapes: every second piece between quotes is one.
    Plain(Text),
    Own(Box<[OwnedEventId]>),
}

impl References {
    /// Reads the array `raw`, a part of `json`.
    pub(super) fn parse(raw: &str, json: &str, are_ids: bool) -> Option<Self> {
        if are_ids && !raw.contains('\\') {
            // Checks the array's form and every id without keeping them.
            let ids: Vec<&str> = serde_json::from_str(raw).ok()?;
            let valid = ids.iter().all(|id| <&EventId>::try_from(*id).is_ok() && !id.contains('"'));
            return valid.then(|| Self::Plain(Text::place(raw, json)));
        }
        let own: Vec<OwnedEventId> = if are_ids {
            serde_json::from_str(raw).ok()?
        } else {
            let pairs: Vec<(OwnedEventId, IgnoredAny)> = serde_json::from_str(raw).ok()?;
            pairs.into_iter().map(|(id, _)| id).collect()
        };
        Some(Self::Own(own.into()))
    }

    pub(super) fn iter<'a>(&'a self, json: &'a str) -> EventIds<'a> {
        EventIds(match self {
            Self::Plain(text) => Inner::Plain(text.get(json)),
            Self::Own(ids) => Inner::Own(ids.iter()),
        })
    }
}

/// Iterates over the events that an event refers to, in its order.
#[derive(Clone, Debug)]
pub struct EventIds<'a>(Inner<'a>);

#[derive(Clone, Debug)]
enum Inner<'a> {
    Plain(&'a str),
    Own(std::slice::Iter<'a, OwnedEventId>),
}

impl<'a> Iterator for EventIds<'a> {
    type Item = &'a EventId;

    fn next(&mut self) -> Option<&'a EventId> {
        match &mut self.0 {
            Inner::Own(ids) => Some(ids.next()?),
            Inner::Plain(rest) => {
                let (_, from_id) = rest.split_once('"')?;
                let (id, after) = from_id.split_once('"')?;
                *rest = after;
                <&EventId>::try_from(id).ok()
            }
        }
    }
}
