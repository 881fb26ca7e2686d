//! The power levels of a room that replaces another one, and of the one that is replaced.
use protocol::{
    RoomVersion,
    canonical::{Object, Value, integer},
    ids::{OwnedUserId, UserId},
};

use super::content;
use crate::{
    create_room::{CreateRoom, power_levels},
    draft::Draft,
    error::Result,
    facts::Facts,
};

/// What somebody has at least who stood above all levels, in a room where nobody does.
const CREATOR_LEVEL: i64 = 100;

/// What it takes to speak and to invite in a room that was replaced, at least.
const REPLACED_LEVEL: i64 = 50;

/// The fields that are levels.
const FIELDS: [&str; 7] =
    ["ban", "events_default", "invite", "kick", "redact", "state_default", "users_default"];

/// The fields that are levels by name.
const MAPS: [&str; 3] = ["events", "notifications", "users"];

/// The power levels of a new room.
pub(super) struct Levels {
    content: Object,
    /// Whether its creator stands above all of them.
    privileged: bool,
}

impl Levels {
    /// Those of the old room, as far as the new one's version can have them.
    pub(super) fn of(
        user: &UserId,
        creators: &[OwnedUserId],
        old: &Facts,
        version: RoomVersion,
        request: &CreateRoom,
    ) -> Result<Self> {
        let privileged = version.creators_are_privileged();
        let mut levels = Object::new();
        if let Some(event) = old.state.get("m.room.power_levels", "") {
            levels = as_integers(content(event));
            for map in ["events", "users"] {
                levels.entry(map.to_owned()).or_insert_with(|| Value::Object(Object::new()));
            }
        }
        let highest = highest(&levels).max(CREATOR_LEVEL);
        if let Some(Value::Object(users)) = levels.get_mut("users") {
            if privileged {
                users.remove(user.as_str());
                for creator in creators {
                    users.remove(creator.as_str());
                }
            } else {
                for creator in old.powers().creators() {
                    insert(users, creator.as_str(), highest);
                }
            }
        }
        let request = CreateRoom { power_level_content_override: levels, ..request.clone() };
        let content = power_levels::draft(user, version, &request)?.content;
        Ok(Self { content, privileged })
    }

    /// What stands before the state of these kinds and these users' bans, and what behind: where the creator's own level
    /// does not suffice for it, they have more until it is done.
    pub(super) fn drafts<'a>(
        self,
        user: &UserId,
        kinds: impl Iterator<Item = &'a str>,
        banned: impl Iterator<Item = &'a UserId>,
    ) -> (Draft, Option<Draft>) {
        let last = Draft::state("m.room.power_levels", "", self.content.clone());
        if self.privileged {
            return (last, None);
        }
        let state = kinds.chain(["m.room.power_levels"]).map(|kind| self.state(kind));
        let mut needed = state.max().unwrap_or(0);
        for user in banned {
            needed = needed.max(self.field("ban", 50)).max(self.user(user).saturating_add(1));
        }
        if self.user(user) >= needed {
            return (last, None);
        }
        let mut content = self.content;
        if let Some(Value::Object(users)) = content.get_mut("users") {
            insert(users, user.as_str(), needed);
        }
        (Draft::state("m.room.power_levels", "", content), Some(last))
    }

    fn field(&self, name: &str, default: i64) -> i64 {
        integer(&self.content, name).unwrap_or(default)
    }

    fn named(&self, map: &str, name: &str) -> Option<i64> {
        match self.content.get(map) {
            Some(Value::Object(levels)) => integer(levels, name),
            _ => None,
        }
    }

    fn user(&self, user: &UserId) -> i64 {
        self.named("users", user.as_str()).unwrap_or_else(|| self.field("users_default", 0))
    }

    fn state(&self, kind: &str) -> i64 {
        self.named("events", kind).unwrap_or_else(|| self.field("state_default", 50))
    }
}

/// The levels of a room that was replaced: those who have no power can neither speak nor invite any more. None if `user`
/// cannot set them so, or they are so.
pub(super) fn restricted(facts: &Facts, user: &UserId) -> Option<Draft> {
    let powers = facts.powers();
    let levels = powers.levels()?;
    let needed = levels.users_default().saturating_add(1).max(REPLACED_LEVEL);
    let own = powers.user(user)?;
    let event = facts.state.get("m.room.power_levels", "")?;
    let mut content = as_integers(content(event));
    let mut has_changed = false;
    for (field, level) in [
        ("events_default", integer(&content, "events_default").unwrap_or(0)),
        ("invite", levels.invite()),
    ] {
        if level < needed && own.reaches(needed) {
            insert(&mut content, field, needed);
            has_changed = true;
        }
    }
    has_changed.then(|| Draft::state("m.room.power_levels", "", content))
}

/// The highest of all levels.
fn highest(content: &Object) -> i64 {
    let fields = FIELDS.iter().filter_map(|field| integer(content, field));
    let maps = MAPS.iter().filter_map(|map| match content.get(*map) {
        Some(Value::Object(levels)) => Some(levels),
        _ => None,
    });
    let named = maps.flat_map(|levels| levels.keys().filter_map(|name| integer(levels, name)));
    fields.chain(named).max().unwrap_or(0)
}

/// Older versions take levels as texts, too.
fn as_integers(mut content: Object) -> Object {
    content.retain(|name, value| !FIELDS.contains(&name.as_str()) || make_integer(value));
    for name in MAPS {
        match content.get_mut(name) {
            Some(Value::Object(levels)) => levels.retain(|_, value| make_integer(value)),
            Some(_) => drop(content.remove(name)),
            None => {}
        }
    }
    content
}

/// Makes `value` an integer, or tells that it is none.
fn make_integer(value: &mut Value) -> bool {
    if let Value::String(text) = value {
        let number = text.trim().parse::<i64>().ok().and_then(|number| number.try_into().ok());
        match number {
            Some(number) => *value = Value::Integer(number),
            None => return false,
        }
    }
    matches!(value, Value::Integer(_))
}

fn insert(levels: &mut Object, name: &str, level: i64) {
    if let Ok(level) = level.try_into() {
        levels.insert(name.to_owned(), Value::Integer(level));
    }
}
