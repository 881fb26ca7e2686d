//! Filters applied to events.
use serde::{Deserialize, Serialize, de::IgnoredAny};

use super::{EventFilter, LIST_MAX, RoomEventFilter};
use crate::{
    Pdu,
    ids::{RoomId, UserId},
};

/// Event types in which `*` stands for any characters, none included.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub struct Globs(Vec<String>);

impl Globs {
    /// Whether one of the patterns matches `text`.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.0.iter().any(|pattern| glob(pattern, text))
    }

    /// The patterns.
    #[must_use]
    pub fn patterns(&self) -> &[String] {
        &self.0
    }
}

impl TryFrom<Vec<String>> for Globs {
    type Error = String;

    fn try_from(patterns: Vec<String>) -> Result<Self, String> {
        if patterns.len() > LIST_MAX {
            return Err(format!("a list has more than {LIST_MAX} entries"));
        }
        Ok(Self(patterns))
    }
}

impl From<Globs> for Vec<String> {
    fn from(globs: Globs) -> Self {
        globs.0
    }
}

/// Each piece between stars is looked for once, from left to right: the work is linear in `text` for each piece.
fn glob(pattern: &str, text: &str) -> bool {
    let Some((prefix, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(prefix) else { return false };
    let (middle, suffix) = rest.rsplit_once('*').unwrap_or(("", rest));
    for piece in middle.split('*') {
        let Some((_, after)) = text.split_once(piece) else { return false };
        text = after;
    }
    text.ends_with(suffix)
}

/// Whether an entry is wanted: listed in `only` (if that is given) and not in `not`.
pub(super) fn allows<T>(only: Option<&[T]>, not: Option<&[T]>, is: impl Fn(&T) -> bool) -> bool {
    only.is_none_or(|only| only.iter().any(&is)) && !not.is_some_and(|not| not.iter().any(&is))
}

impl EventFilter {
    /// Whether the client wants events of type `kind`.
    #[must_use]
    pub fn allows_kind(&self, kind: &str) -> bool {
        self.types.as_ref().is_none_or(|types| types.matches(kind))
            && !self.not_types.as_ref().is_some_and(|types| types.matches(kind))
    }

    /// Whether the client wants events of `sender`.
    #[must_use]
    pub fn allows_sender(&self, sender: &UserId) -> bool {
        allows(self.senders.as_deref(), self.not_senders.as_deref(), |listed| listed == sender)
    }

    /// Whether the client wants an event of this type and sender.
    #[must_use]
    pub fn allows(&self, kind: &str, sender: &UserId) -> bool {
        self.allows_kind(kind) && self.allows_sender(sender)
    }
}

#[derive(Deserialize)]
struct Urls {
    url: Option<IgnoredAny>,
}

impl RoomEventFilter {
    /// Whether the client wants `event`. The relations (`related_by_…`) are for whoever can look them up.
    #[must_use]
    pub fn matches(&self, event: &Pdu) -> bool {
        self.events.allows(event.kind(), event.sender())
            && self.allows_room(event.room_id())
            && self.contains_url.is_none_or(|wanted| {
                event.borrow_content::<Urls>().is_ok_and(|urls| urls.url.is_some()) == wanted
            })
    }

    /// Whether the client wants events of `room`.
    #[must_use]
    pub fn allows_room(&self, room: &RoomId) -> bool {
        allows(self.rooms.as_deref(), self.not_rooms.as_deref(), |listed| listed == room)
    }

    /// Whether the client wants events of every room.
    #[must_use]
    pub fn allows_all_rooms(&self) -> bool {
        self.rooms.is_none() && self.not_rooms.is_none()
    }

    /// Whether no event of `room` can pass, so that nobody needs to look for one.
    #[must_use]
    pub fn allows_nothing_of(&self, room: &RoomId) -> bool {
        let EventFilter { limit: _, senders, not_senders: _, types, not_types } = &self.events;
        !self.allows_room(room)
            || senders.as_ref().is_some_and(Vec::is_empty)
            || types.as_ref().is_some_and(|types| types.0.is_empty())
            || not_types.as_ref().is_some_and(|types| types.0.iter().any(|pattern| pattern == "*"))
    }

    /// Whether every event of every room passes, so that nobody needs to ask one by one.
    #[must_use]
    pub fn allows_everything(&self) -> bool {
        let Self {
            events,
            rooms,
            not_rooms,
            contains_url,
            related_by_senders,
            related_by_rel_types,
            ..
        } = self;
        let EventFilter { limit: _, senders, not_senders, types, not_types } = events;
        senders.is_none()
            && not_senders.is_none()
            && types.is_none()
            && not_types.is_none()
            && rooms.is_none()
            && not_rooms.is_none()
            && contains_url.is_none()
            && related_by_senders.is_none()
            && related_by_rel_types.is_none()
    }
}
