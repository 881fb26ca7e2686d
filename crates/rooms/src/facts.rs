//! What is known of a room while it is active: an immutable snapshot, shared by everybody who looks.
use protocol::{
    RoomVersion,
    ids::{OwnedEventId, OwnedRoomId, UserId},
};
use serde::Deserialize;
use store::{
    EventNum, RoomNum, StateVersion, UserNum,
    memberships::Membership,
    rooms::{Head, RoomRow},
    state_versions::Weight,
};

use crate::{powers::Powers, state::RoomState, visibility::HistoryVisibility};

/// A room at one position of its timeline.
#[derive(Clone, Debug)]
pub struct Facts {
    /// The room.
    pub room_id: OwnedRoomId,
    /// Its number.
    pub room_num: RoomNum,
    /// Its version.
    pub version: RoomVersion,
    /// When it was created (Unix ms).
    pub created_ts: i64,
    /// The current state.
    pub state: RoomState,
    /// How many users are joined.
    pub joined: u64,
    /// How many users are invited.
    pub invited: u64,
    /// What an event sent now follows.
    pub head: Head,
    /// The ids of `head.extremities`, in the same order.
    pub extremity_ids: Vec<(EventNum, OwnedEventId)>,
    /// The weight of `head.state_version`.
    pub weight: Weight,
    /// The position of the last event.
    pub last_position: i64,
    /// The position of the last event that makes the room recent ([`is_bump`]).
    pub bump_position: i64,
    /// The position of the last change of the state.
    pub state_position: i64,
}

/// Whether an event of this type makes its room recent: what people say and do, not what is set up (MSC4186).
#[must_use]
pub fn is_bump(kind: &str) -> bool {
    const TYPES: &[&str] = &[
        "m.room.create",
        "m.room.message",
        "m.room.encrypted",
        "m.sticker",
        "m.call.invite",
        "m.poll.start",
        "org.matrix.msc3381.poll.start",
        "m.beacon_info",
        "org.matrix.msc3672.beacon_info",
    ];
    TYPES.contains(&kind)
}

/// Who may join.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JoinRule {
    /// Everybody.
    Public,
    /// Those who are invited.
    Invite,
    /// Those who are invited, and others may ask.
    Knock,
    /// Those who are invited or in another room.
    Restricted,
    /// As restricted, and others may ask.
    KnockRestricted,
    /// Nobody: a reserved rule, or one that is not known.
    Private,
}

impl JoinRule {
    /// As `m.room.join_rules` spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Invite => "invite",
            Self::Knock => "knock",
            Self::Restricted => "restricted",
            Self::KnockRestricted => "knock_restricted",
            Self::Private => "private",
        }
    }

    /// Whether members of other rooms are let in.
    #[must_use]
    pub fn is_restricted(self) -> bool {
        matches!(self, Self::Restricted | Self::KnockRestricted)
    }

    /// Whether others may ask to be let in.
    #[must_use]
    pub fn lets_knock(self) -> bool {
        matches!(self, Self::Knock | Self::KnockRestricted)
    }

    fn parse(text: &str) -> Self {
        [Self::Public, Self::Invite, Self::Knock, Self::Restricted, Self::KnockRestricted]
            .into_iter()
            .find(|rule| rule.as_str() == text)
            .unwrap_or(Self::Private)
    }
}

impl Facts {
    /// A room that has no event yet, and no number.
    pub(crate) fn empty(room_id: OwnedRoomId, version: RoomVersion, created_ts: i64) -> Self {
        Self {
            room_id,
            room_num: RoomNum(0),
            version,
            created_ts,
            state: RoomState::default(),
            joined: 0,
            invited: 0,
            head: Head {
                extremities: Vec::new(),
                state_version: StateVersion(0),
                depth: 0,
                notify_count: 0,
            },
            extremity_ids: Vec::new(),
            weight: Weight { snapshot: 0, since: 0 },
            last_position: 0,
            bump_position: 0,
            state_position: 0,
        }
    }

    /// The row of a room that is new, and begun by `creator`. Its positions are bound when the write commits.
    pub(crate) fn new_row(&self, creator: UserNum) -> RoomRow {
        RoomRow {
            room_num: self.room_num,
            room_version: self.version.as_str().to_owned(),
            creator_num: creator,
            created_ts: self.created_ts,
            published: false,
            head: self.head.clone(),
            last_position: 0,
            bump_position: 0,
        }
    }

    /// Counts a member who came, or takes one out of the count who went.
    pub(crate) fn count_member(&mut self, membership: Option<Membership>, added: bool) {
        let count = match membership {
            Some(Membership::Join) => &mut self.joined,
            Some(Membership::Invite) => &mut self.invited,
            _ => return,
        };
        *count = if added { *count + 1 } else { count.saturating_sub(1) };
    }

    /// What `user` is in the room.
    #[must_use]
    pub fn membership(&self, user: &UserId) -> Option<Membership> {
        self.state.get("m.room.member", user.as_str())?.membership()
    }

    /// Whether `user` is joined.
    #[must_use]
    pub fn is_joined(&self, user: &UserId) -> bool {
        self.membership(user) == Some(Membership::Join)
    }

    /// What a member is called in the room.
    #[must_use]
    pub fn display_name(&self, user: &UserId) -> Option<String> {
        #[derive(Deserialize)]
        struct Content {
            displayname: String,
        }
        let member = self.state.get("m.room.member", user.as_str())?;
        member.pdu.content_as::<Content>().ok().map(|content| content.displayname)
    }

    /// One string of a state event's content: the room's name, its topic and the like. Empty counts as none.
    #[must_use]
    pub fn state_text(&self, kind: &str, field: &str) -> Option<String> {
        let content: serde_json::Map<String, serde_json::Value> =
            self.state.get(kind, "")?.pdu.content_as().ok()?;
        let text = content.get(field)?.as_str()?;
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// Who began it; none of a room without any event.
    #[must_use]
    pub fn creator(&self) -> Option<&UserId> {
        Some(self.state.get("m.room.create", "")?.pdu.sender())
    }

    /// The room's type, as `m.room.create` has it: `m.space`, or none for a room to talk in.
    #[must_use]
    pub fn room_type(&self) -> Option<String> {
        self.state_text("m.room.create", "type")
    }

    /// The room that it has replaced.
    #[must_use]
    pub fn predecessor(&self) -> Option<OwnedRoomId> {
        #[derive(Deserialize)]
        struct Content {
            predecessor: Predecessor,
        }
        #[derive(Deserialize)]
        struct Predecessor {
            room_id: OwnedRoomId,
        }
        let create = self.state.get("m.room.create", "")?;
        Some(create.pdu.content_as::<Content>().ok()?.predecessor.room_id)
    }

    /// Who may join.
    #[must_use]
    pub fn join_rule(&self) -> JoinRule {
        self.state_text("m.room.join_rules", "join_rule")
            .map_or(JoinRule::Invite, |rule| JoinRule::parse(&rule))
    }

    /// Who may read what was sent before they came.
    #[must_use]
    pub fn history_visibility(&self) -> HistoryVisibility {
        self.state
            .get("m.room.history_visibility", "")
            .map_or(HistoryVisibility::Shared, |event| HistoryVisibility::of(event))
    }

    /// Whether guests may join.
    #[must_use]
    pub fn guest_can_join(&self) -> bool {
        self.state_text("m.room.guest_access", "guest_access").as_deref() == Some("can_join")
    }

    /// Whether messages are to be encrypted.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.state.get("m.room.encryption", "").is_some()
    }

    /// Who may do what.
    #[must_use]
    pub fn powers(&self) -> Powers {
        Powers::of(self.version, &self.state)
    }

    /// The rooms whose members a restricted room lets in.
    #[must_use]
    pub fn allowed_rooms(&self) -> Vec<OwnedRoomId> {
        #[derive(Deserialize)]
        struct Rules {
            #[serde(default)]
            allow: Vec<serde_json::Value>,
        }
        let Some(event) = self.state.get("m.room.join_rules", "") else { return Vec::new() };
        let Ok(rules) = event.pdu.content_as::<Rules>() else { return Vec::new() };
        rules
            .allow
            .iter()
            .filter(|rule| {
                rule.get("type").and_then(|kind| kind.as_str()) == Some("m.room_membership")
            })
            .filter_map(|rule| rule.get("room_id")?.as_str()?.try_into().ok())
            .collect()
    }

    /// The bytes it occupies in memory, about.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        size_of::<Self>() + self.state.memory_bytes()
    }
}
