//! A piece of an event's JSON: a place in it, or its own memory where the JSON spells it with escapes.
use std::borrow::Cow;

#[derive(Clone, Debug)]
pub(super) enum Text {
    /// Bytes `start..end` of the JSON. An event has at most 65,536 bytes.
    Place {
        start: u32,
        end: u32,
    },
    Own(Box<str>),
}

impl Text {
    /// Remembers `part`, which serde has cut out of `json` (or unescaped from it).
    pub(super) fn new(part: Cow<'_, str>, json: &str) -> Self {
        match part {
            Cow::Borrowed(part) => Self::place(part, json),
            Cow::Owned(part) => Self::Own(part.into()),
        }
    }

    /// Remembers where `part` is in `json`; copies it if it is not a part of it.
    pub(super) fn place(part: &str, json: &str) -> Self {
        let start = part.as_ptr().addr().wrapping_sub(json.as_ptr().addr());
        let end = start.wrapping_add(part.len());
        match (u32::try_from(start), u32::try_from(end)) {
            (Ok(place), Ok(place_end)) if json.get(start..end) == Some(part) => {
                Self::Place { start: place, end: place_end }
            }
            _ => Self::Own(part.into()),
        }
    }

    /// The text; `json` is the one that it was made from.
    pub(super) fn get<'a>(&'a self, json: &'a str) -> &'a str {
        match self {
            Self::Place { start, end } => {
                json.get(*start as usize..*end as usize).unwrap_or_default()
            }
            Self::Own(text) => text,
        }
    }
}
