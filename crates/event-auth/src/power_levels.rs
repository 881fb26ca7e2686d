//! A room's power levels ([spec]), parsed once and asked often.
//!
//! [spec]: https://spec.matrix.org/v1.16/client-server-api/#mroompower_levels
use std::collections::BTreeMap;

use protocol::{
    RoomVersion,
    ids::{OwnedUserId, UserId},
};

use crate::CreateContent;

mod changes;
mod parse;

pub use changes::Change;

/// What a user may do, as a number or above all numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum UserLevel {
    /// A number.
    Level(i64),
    /// A creator of a room of version 12 or later: above every number, and not above another creator.
    Creator,
}

impl UserLevel {
    /// Whether it is at least `needed`.
    #[must_use]
    pub fn reaches(self, needed: i64) -> bool {
        self >= Self::Level(needed)
    }

    /// The number; the largest for a creator.
    #[must_use]
    pub fn as_number(self) -> i64 {
        match self {
            Self::Level(level) => level,
            Self::Creator => i64::MAX,
        }
    }
}

/// The levels that the fields of the event name, where it names them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Fields {
    ban: Option<i64>,
    events_default: Option<i64>,
    invite: Option<i64>,
    kick: Option<i64>,
    redact: Option<i64>,
    state_default: Option<i64>,
    users_default: Option<i64>,
}

const BAN_KICK_REDACT_STATE: i64 = 50;
const INVITE_EVENTS_USERS: i64 = 0;
const CREATOR_WITHOUT_EVENT: i64 = 100;
const NOTIFICATION: i64 = 50;

/// A room's power levels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PowerLevels {
    fields: Fields,
    events: BTreeMap<String, i64>,
    notifications: BTreeMap<String, i64>,
    users: BTreeMap<OwnedUserId, i64>,
}

impl PowerLevels {
    /// The levels of a room that has no such event: its creator has 100 (before room version 12), everybody else 0.
    #[must_use]
    pub fn without_event(version: RoomVersion, create: &CreateContent) -> Self {
        let mut users = BTreeMap::new();
        if !version.creators_are_privileged() {
            users.extend(create.creator.clone().map(|creator| (creator, CREATOR_WITHOUT_EVENT)));
        }
        Self {
            fields: Fields::default(),
            events: BTreeMap::new(),
            notifications: BTreeMap::new(),
            users,
        }
    }

    /// What `user` may do. `create` is the room's create event.
    #[must_use]
    pub fn user(&self, version: RoomVersion, create: &CreateContent, user: &UserId) -> UserLevel {
        if version.creators_are_privileged() && create.is_creator(user) {
            return UserLevel::Creator;
        }
        UserLevel::Level(self.user_number(user))
    }

    /// The number that the event gives `user`, creators not considered.
    #[must_use]
    pub fn user_number(&self, user: &UserId) -> i64 {
        self.users.get(user).copied().unwrap_or_else(|| self.users_default())
    }

    /// What is needed to send events of type `kind`.
    #[must_use]
    pub fn event(&self, kind: &str, is_state: bool) -> i64 {
        let default = if is_state {
            self.fields.state_default.unwrap_or(BAN_KICK_REDACT_STATE)
        } else {
            self.fields.events_default.unwrap_or(INVITE_EVENTS_USERS)
        };
        self.events.get(kind).copied().unwrap_or(default)
    }

    /// What is needed to notify by `key`: `room` for `@room`.
    #[must_use]
    pub fn notification(&self, key: &str) -> i64 {
        self.notifications.get(key).copied().unwrap_or(NOTIFICATION)
    }

    /// What is needed to ban.
    #[must_use]
    pub fn ban(&self) -> i64 {
        self.fields.ban.unwrap_or(BAN_KICK_REDACT_STATE)
    }

    /// What is needed to kick.
    #[must_use]
    pub fn kick(&self) -> i64 {
        self.fields.kick.unwrap_or(BAN_KICK_REDACT_STATE)
    }

    /// What is needed to redact the events of others.
    #[must_use]
    pub fn redact(&self) -> i64 {
        self.fields.redact.unwrap_or(BAN_KICK_REDACT_STATE)
    }

    /// What is needed to invite.
    #[must_use]
    pub fn invite(&self) -> i64 {
        self.fields.invite.unwrap_or(INVITE_EVENTS_USERS)
    }

    /// What everybody has who is not named.
    #[must_use]
    pub fn users_default(&self) -> i64 {
        self.fields.users_default.unwrap_or(INVITE_EVENTS_USERS)
    }

    /// Who is named, with their numbers.
    pub fn users(&self) -> impl Iterator<Item = (&UserId, i64)> {
        self.users.iter().map(|(user, level)| (&**user, *level))
    }
}

#[cfg(test)]
mod tests;
