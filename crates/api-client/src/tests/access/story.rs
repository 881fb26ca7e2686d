//! What becomes of the user whose access is tested, and what the specification lets them see ([spec]).
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#server-behaviour-5
use protocol::ids::OwnedUserId;
use rooms::Membership::{self, Ban, Invite, Join, Knock, Leave};
use serde_json::{Value, json};

use crate::testing::TestUser;

/// How many moments a story has.
pub(super) const MOMENTS: usize = 4;

/// A user's membership at each moment.
#[derive(Debug)]
pub(super) struct Story {
    pub(super) name: &'static str,
    memberships: [Option<Membership>; MOMENTS],
    /// Whether it is the creator who ends it.
    removed: bool,
    /// Whether the user forgets the room in the end: then they were never there.
    pub(super) forgotten: bool,
}

const fn story(name: &'static str, memberships: [Option<Membership>; MOMENTS]) -> Story {
    Story { name, memberships, removed: false, forgotten: false }
}

pub(super) const STORIES: &[Story] = &[
    story("stranger", [None, None, None, None]),
    story("invited", [None, Some(Invite), Some(Invite), Some(Invite)]),
    story("declined", [None, Some(Invite), Some(Leave), Some(Leave)]),
    story("knocking", [None, Some(Knock), Some(Knock), Some(Knock)]),
    story("member", [None, Some(Invite), Some(Join), Some(Join)]),
    story("left", [None, Some(Invite), Some(Join), Some(Leave)]),
    Story { removed: true, ..story("kicked", [None, Some(Invite), Some(Join), Some(Leave)]) },
    Story { removed: true, ..story("banned", [None, Some(Invite), Some(Join), Some(Ban)]) },
    Story { removed: true, ..story("outlaw", [None, Some(Ban), Some(Ban), Some(Ban)]) },
    Story { forgotten: true, ..story("forgetful", [None, Some(Invite), Some(Join), Some(Leave)]) },
    story("returned", [None, Some(Join), Some(Leave), Some(Join)]),
];

/// Who sees the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Visibility {
    WorldReadable,
    Shared,
    Invited,
    Joined,
}

impl Visibility {
    pub(super) const ALL: [Self; 4] =
        [Self::WorldReadable, Self::Shared, Self::Invited, Self::Joined];

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::WorldReadable => "world_readable",
            Self::Shared => "shared",
            Self::Invited => "invited",
            Self::Joined => "joined",
        }
    }
}

/// Something that changes the user's membership.
pub(super) enum Action {
    /// By the user.
    Own(&'static str),
    /// By the creator.
    Creators(&'static str),
}

impl Action {
    /// Who asks for what.
    pub(super) fn request(&self, user: &TestUser) -> (OwnedUserId, String, Value) {
        match self {
            Self::Own("knock") => (user.id.clone(), "/knock/{room}".to_owned(), json!({})),
            Self::Own(verb) => (user.id.clone(), format!("/rooms/{{room}}/{verb}"), json!({})),
            Self::Creators(verb) => {
                let creator = OwnedUserId::try_from("@creator:example.org").unwrap();
                (creator, format!("/rooms/{{room}}/{verb}"), json!({ "user_id": user.id }))
            }
        }
    }
}

impl Story {
    pub(super) fn knocks(&self) -> bool {
        self.memberships.contains(&Some(Knock))
    }

    /// What has to happen before a moment.
    pub(super) fn before(&self, moment: usize) -> Vec<Action> {
        let was = moment.checked_sub(1).and_then(|before| self.memberships[before]);
        match (was, self.memberships[moment]) {
            (was, is) if was == is => vec![],
            (_, Some(Invite)) => vec![Action::Creators("invite")],
            (Some(Invite), Some(Join)) => vec![Action::Own("join")],
            (_, Some(Join)) => vec![Action::Creators("invite"), Action::Own("join")],
            (_, Some(Knock)) => vec![Action::Own("knock")],
            (_, Some(Leave)) if self.removed => vec![Action::Creators("kick")],
            (_, Some(Leave)) => vec![Action::Own("leave")],
            (_, Some(Ban)) => vec![Action::Creators("ban")],
            (_, None) => vec![],
        }
    }

    pub(super) fn is_joined(&self) -> bool {
        self.memberships[MOMENTS - 1] == Some(Join)
    }

    /// Whether the user is shown what the room is.
    pub(super) fn may_look(&self) -> bool {
        match self.memberships[MOMENTS - 1] {
            Some(Join | Invite | Knock) => true,
            Some(Ban) => false,
            Some(Leave) | None => self.knocks(),
        }
    }

    pub(super) fn was_ever_joined(&self) -> bool {
        !self.forgotten && self.memberships.contains(&Some(Join))
    }

    /// Whether the user sees what is sent at a moment: the five rules of the specification, in their order.
    pub(super) fn sees(&self, visibility: Visibility, moment: usize) -> bool {
        let membership = self.memberships[moment];
        let joined_later = self.memberships[moment..].contains(&Some(Join));
        match visibility {
            Visibility::WorldReadable => true,
            _ if self.forgotten => false,
            _ if membership == Some(Join) => true,
            Visibility::Shared => joined_later,
            Visibility::Invited => membership == Some(Invite),
            Visibility::Joined => false,
        }
    }

    /// Up to which moment the user sees the state: all of it as a member or in an open room, else until they left.
    pub(super) fn state_seen(&self, visibility: Visibility) -> Option<usize> {
        if visibility == Visibility::WorldReadable {
            return Some(MOMENTS - 1);
        }
        let joined = self.memberships.iter().rposition(|membership| *membership == Some(Join));
        joined.filter(|_| !self.forgotten)
    }
}
