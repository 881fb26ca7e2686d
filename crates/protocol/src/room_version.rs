//! Room versions ([spec]) and the questions that rooms ask about them.
//!
//! [spec]: https://spec.matrix.org/v1.16/rooms/
use std::fmt;

/// A room version that this server understands. Anything else is not a value of this type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the name says it: the room version of that number")]
pub enum RoomVersion {
    V1,
    V2,
    V3,
    V4,
    V5,
    V6,
    V7,
    V8,
    V9,
    V10,
    V11,
    V12,
}

/// How event ids are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventIdFormat {
    /// `$localpart:server`, chosen by the sender (versions 1 and 2).
    Chosen,
    /// `$` + standard unpadded base64 of the reference hash (version 3).
    Hash,
    /// `$` + URL-safe unpadded base64 of the reference hash (versions 4 and later).
    UrlSafeHash,
}

/// Which state resolution algorithm a room uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateResolution {
    /// Version 1 of the algorithm.
    V1,
    /// Version 2 of the algorithm.
    V2,
    /// Version 2.1 of the algorithm (MSC4297).
    V2_1,
}

impl RoomVersion {
    /// Every version understood, oldest first.
    pub const ALL: [Self; 12] = [
        Self::V1,
        Self::V2,
        Self::V3,
        Self::V4,
        Self::V5,
        Self::V6,
        Self::V7,
        Self::V8,
        Self::V9,
        Self::V10,
        Self::V11,
        Self::V12,
    ];

    /// The version of new rooms unless somebody asks for another.
    pub const DEFAULT: Self = Self::V12;

    /// The version named `name`; `None` if this server does not know it.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|version| version.as_str() == name)
    }

    /// The name on the wire: `"1"` to `"12"`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "1",
            Self::V2 => "2",
            Self::V3 => "3",
            Self::V4 => "4",
            Self::V5 => "5",
            Self::V6 => "6",
            Self::V7 => "7",
            Self::V8 => "8",
            Self::V9 => "9",
            Self::V10 => "10",
            Self::V11 => "11",
            Self::V12 => "12",
        }
    }

    /// Whether a user may create a room of this version here. Versions 1 and 2 are only for rooms that exist elsewhere.
    #[must_use]
    pub fn can_create(self) -> bool {
        self >= Self::V3
    }

    /// Whether the specification calls the version stable. All that are understood are.
    #[must_use]
    pub const fn is_stable(self) -> bool {
        true
    }

    /// How event ids are made.
    #[must_use]
    pub fn event_id_format(self) -> EventIdFormat {
        match self {
            Self::V1 | Self::V2 => EventIdFormat::Chosen,
            Self::V3 => EventIdFormat::Hash,
            _ => EventIdFormat::UrlSafeHash,
        }
    }

    /// Which state resolution algorithm the room uses.
    #[must_use]
    pub fn state_resolution(self) -> StateResolution {
        match self {
            Self::V1 => StateResolution::V1,
            Self::V12 => StateResolution::V2_1,
            _ => StateResolution::V2,
        }
    }

    /// Whether `prev_events` and `auth_events` are plain event ids, not pairs of an id and hashes (3+).
    #[must_use]
    pub fn references_are_ids(self) -> bool {
        self >= Self::V3
    }

    /// Whether the room id is the create event's id with `!` for `$`, and that event has no `room_id` and is in nobody's
    /// `auth_events` (12+, MSC4291).
    #[must_use]
    pub fn create_event_is_room_id(self) -> bool {
        self >= Self::V12
    }

    /// Whether the room's creators stand above every power level (12+, MSC4289).
    #[must_use]
    pub fn creators_are_privileged(self) -> bool {
        self >= Self::V12
    }

    /// Whether `m.room.create` may name `additional_creators` (12+, MSC4289).
    #[must_use]
    pub fn additional_creators(self) -> bool {
        self >= Self::V12
    }

    /// Whether the creator is the sender of `m.room.create`, not its `creator` field (11+).
    #[must_use]
    pub fn creator_is_sender(self) -> bool {
        self >= Self::V11
    }

    /// Whether users can knock (7+).
    #[must_use]
    pub fn knock(self) -> bool {
        self >= Self::V7
    }

    /// Whether the join rule `restricted` exists (8+).
    #[must_use]
    pub fn restricted(self) -> bool {
        self >= Self::V8
    }

    /// Whether the join rule `knock_restricted` exists (10+).
    #[must_use]
    pub fn knock_restricted(self) -> bool {
        self >= Self::V10
    }

    /// Whether a redaction names its target in `content.redacts`, not at the top of the event (11+).
    #[must_use]
    pub fn redacts_in_content(self) -> bool {
        self >= Self::V11
    }

    /// Whether redactions are authorized by special rules of their own (1 and 2).
    #[must_use]
    pub fn redactions_have_auth_rules(self) -> bool {
        self <= Self::V2
    }

    /// Whether `m.room.aliases` has authorization rules of its own (1 to 5).
    #[must_use]
    pub fn aliases_have_auth_rules(self) -> bool {
        self <= Self::V5
    }

    /// Whether changes of `notifications` in power levels are limited like those of `events` (6+).
    #[must_use]
    pub fn notifications_are_limited(self) -> bool {
        self >= Self::V6
    }

    /// Whether power levels must be integers; before, strings holding integers count too (10+).
    #[must_use]
    pub fn power_levels_are_integers(self) -> bool {
        self >= Self::V10
    }

    /// Whether events must be strict canonical JSON (6+).
    #[must_use]
    pub fn strict_canonical_json(self) -> bool {
        self >= Self::V6
    }

    /// Whether a signing key must have been valid at the event's `origin_server_ts` (5+).
    #[must_use]
    pub fn enforces_key_validity(self) -> bool {
        self >= Self::V5
    }
}

impl fmt::Display for RoomVersion {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests;
