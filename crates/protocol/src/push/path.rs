//! Where in an event a condition looks ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/appendices/#dot-separated-property-paths

/// A place in an event. Those that the server's rules look at have names of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Path {
    Type,
    Sender,
    RoomId,
    EventId,
    StateKey,
    Body,
    MsgType,
    Membership,
    RelType,
    MentionsRoom,
    /// Anywhere in the content: the names on the way.
    Content(Vec<String>),
    /// Where no rule finds anything: fields that are not shown to rules, or a path that is none.
    Nowhere,
}

impl Path {
    pub(super) fn parse(key: &str) -> Self {
        match key {
            "type" => Self::Type,
            "sender" => Self::Sender,
            "room_id" => Self::RoomId,
            "event_id" => Self::EventId,
            "state_key" => Self::StateKey,
            "content.body" => Self::Body,
            "content.msgtype" => Self::MsgType,
            "content.membership" => Self::Membership,
            r"content.m\.relates_to.rel_type" => Self::RelType,
            r"content.m\.mentions.room" => Self::MentionsRoom,
            key => match key.strip_prefix("content.") {
                Some(rest) => Self::Content(names(rest)),
                None => Self::Nowhere,
            },
        }
    }

    /// The names on the way through the content, if it leads there.
    pub(super) fn in_content(&self) -> Option<Vec<&str>> {
        Some(match self {
            Self::Body => vec!["body"],
            Self::MsgType => vec!["msgtype"],
            Self::Membership => vec!["membership"],
            Self::RelType => vec!["m.relates_to", "rel_type"],
            Self::MentionsRoom => vec!["m.mentions", "room"],
            Self::Content(names) => names.iter().map(String::as_str).collect(),
            _ => return None,
        })
    }
}

/// A backslash takes the meaning from a dot or backslash that follows; before anything else it stands for itself.
fn names(path: &str) -> Vec<String> {
    let mut names = vec![String::new()];
    let mut chars = path.chars().peekable();
    while let Some(char) = chars.next() {
        let char = match char {
            '.' => {
                names.push(String::new());
                continue;
            }
            '\\' => chars.next_if(|next| matches!(next, '.' | '\\')).unwrap_or('\\'),
            char => char,
        };
        if let Some(name) = names.last_mut() {
            name.push(char);
        }
    }
    names
}
