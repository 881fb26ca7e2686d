//! The table: what each endpoint that reads a room lets whom see.
use super::story::{Story, Visibility};

/// Who gets an answer, and which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// The state of the room, whole or in parts: for members, for former members as of when they left, and for
    /// everybody if the room is open.
    State,
    /// As [`Rule::State`], one event of it: the topic.
    StateEvent,
    /// For those who are joined now.
    Members,
    /// For those who are joined now, and for everybody if the room is open.
    MembersOrOpen,
    /// For those who were ever joined, and for everybody if the room is open; each event by its own visibility.
    Timeline,
    /// For the same, some of the timeline's events.
    Some,
    /// As [`Rule::Timeline`], together with the state.
    Snapshot,
    /// One event, for those who see it. A hidden one is not told from one that does not exist.
    Event,
    /// What the room shows of itself before one is in it: for members, those who are asked in or ask, and everybody if
    /// the room is open or lets others ask.
    Tree,
    /// As [`Rule::Tree`]; a hidden room is not told from none.
    Summary,
    /// What the user keeps themselves, which has nothing of the room in it.
    Own,
    /// For everybody.
    Public,
}

/// Every endpoint that reads a room.
pub(super) const RULES: &[(&str, Rule)] = &[
    ("/_matrix/client/v3/rooms/{room}/state", Rule::State),
    ("/_matrix/client/v3/rooms/{room}/state/{kind}/{state_key}", Rule::StateEvent),
    ("/_matrix/client/v3/rooms/{room}/members", Rule::State),
    ("/_matrix/client/v3/rooms/{room}/joined_members", Rule::Members),
    ("/_matrix/client/v3/rooms/{room}/aliases", Rule::MembersOrOpen),
    ("/_matrix/client/v3/rooms/{room}/messages", Rule::Timeline),
    ("/_matrix/client/v3/rooms/{room}/initialSync", Rule::Snapshot),
    ("/_matrix/client/v3/rooms/{room}/event/{event}", Rule::Event),
    ("/_matrix/client/v3/rooms/{room}/context/{event}", Rule::Event),
    ("/_matrix/client/v1/rooms/{room}/relations/{event}", Rule::Event),
    ("/_matrix/client/v1/rooms/{room}/relations/{event}/{rel_type}", Rule::Event),
    ("/_matrix/client/v1/rooms/{room}/relations/{event}/{rel_type}/{kind}", Rule::Event),
    ("/_matrix/client/v1/rooms/{room}/threads", Rule::Some),
    ("/_matrix/client/v1/rooms/{room}/timestamp_to_event", Rule::Some),
    (
        "/_matrix/client/unstable/io.element.msc4306/rooms/{room}/thread/{root}/subscription",
        Rule::Own,
    ),
    ("/_matrix/client/v3/directory/list/room/{room}", Rule::Public),
    ("/_matrix/client/v1/rooms/{room}/hierarchy", Rule::Tree),
    ("/_matrix/client/v1/room_summary/{room_or_alias}", Rule::Summary),
    ("/_matrix/client/v3/user/{user}/rooms/{room}/tags", Rule::Own),
    ("/_matrix/client/v3/user/{user}/rooms/{room}/account_data/{type}", Rule::Own),
    ("/_matrix/client/v3/room_keys/keys/{room}", Rule::Own),
    ("/_matrix/client/v3/room_keys/keys/{room}/{session}", Rule::Own),
];

/// The rule of an endpoint, by its canonical path.
pub(super) fn rule_of(path: &str) -> Option<Rule> {
    RULES.iter().find(|(known, _)| *known == path).map(|(_, rule)| *rule)
}

const FINE: &[&str] = &["200"];
const FORBIDDEN: &[&str] = &["403 M_FORBIDDEN"];
const HIDDEN: &[&str] = &["404 M_NOT_FOUND"];
/// The user keeps nothing under this name, or something is wrong with the made-up parts of the path.
const NOTHING_KEPT: &[&str] =
    &["200", "404 M_NOT_FOUND", "400 M_MISSING_PARAM", "400 M_INVALID_PARAM"];
pub(super) const ANYTHING: &[&str] = &[
    "200",
    "404 M_NOT_FOUND",
    "404 M_UNRECOGNIZED",
    "400 M_MISSING_PARAM",
    "400 M_INVALID_PARAM",
    "400 M_UNKNOWN",
    "403 M_FORBIDDEN",
    "400 M_INVALID_USERNAME",
    // Without the token that a user has given to another service.
    "401 M_MISSING_TOKEN",
];

impl Rule {
    /// The answers that are right.
    pub(super) fn expected(
        self,
        story: &Story,
        visibility: Visibility,
        moment: usize,
    ) -> &'static [&'static str] {
        let is_open = visibility == Visibility::WorldReadable;
        let (may, refusal) = match self {
            Self::State | Self::StateEvent | Self::Timeline | Self::Snapshot | Self::Some => {
                (is_open || story.was_ever_joined(), FORBIDDEN)
            }
            Self::Members => (story.is_joined(), FORBIDDEN),
            Self::MembersOrOpen => (is_open || story.is_joined(), FORBIDDEN),
            Self::Event => (story.sees(visibility, moment), HIDDEN),
            Self::Tree => (is_open || story.may_look(), FORBIDDEN),
            Self::Summary => (is_open || story.may_look(), HIDDEN),
            Self::Own => return NOTHING_KEPT,
            Self::Public => return FINE,
        };
        if may { FINE } else { refusal }
    }
}
