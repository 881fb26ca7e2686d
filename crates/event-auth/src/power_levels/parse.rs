//! The content of `m.room.power_levels` to levels. Until room version 9 a string that holds an integer counts as one.
use std::collections::BTreeMap;

use protocol::RoomVersion;
use serde_json::{Map, Value};

use super::{Fields, PowerLevels};
use crate::Malformed;

/// Parses one level, or a map of levels, of a room version.
#[derive(Clone, Copy)]
struct Reader(RoomVersion);

impl PowerLevels {
    /// Reads the content of a power levels event.
    ///
    /// # Errors
    /// Fails on levels that are not integers, and on keys of `users` that are not user ids.
    pub fn parse(version: RoomVersion, content: &str) -> Result<Self, Malformed> {
        let malformed = |field| Malformed { kind: "m.room.power_levels", field };
        let content: Map<String, Value> =
            serde_json::from_str(content).map_err(|_| malformed("content"))?;
        let read = Reader(version);
        let field = |name| read.level_at(&content, name).ok_or_else(|| malformed(name));
        let fields = Fields {
            ban: field("ban")?,
            events_default: field("events_default")?,
            invite: field("invite")?,
            kick: field("kick")?,
            redact: field("redact")?,
            state_default: field("state_default")?,
            users_default: field("users_default")?,
        };
        let map = |name| read.map_at(&content, name).ok_or_else(|| malformed(name));
        let events = map("events")?;
        let notifications = map("notifications")?;
        let users = map("users")?
            .into_iter()
            .map(|(user, level)| Ok((user.try_into().map_err(|_| malformed("users"))?, level)))
            .collect::<Result<_, _>>()?;
        Ok(Self { fields, events, notifications, users })
    }
}

impl Reader {
    /// `None` if it is there and not a level.
    #[expect(clippy::option_option, reason = "absent, wrong, and right are three things")]
    fn level_at(self, content: &Map<String, Value>, name: &str) -> Option<Option<i64>> {
        content.get(name).map_or(Some(None), |value| self.level(value).map(Some))
    }

    /// `None` if it is there and not an object of levels.
    fn map_at(self, content: &Map<String, Value>, name: &str) -> Option<BTreeMap<String, i64>> {
        let Some(value) = content.get(name) else { return Some(BTreeMap::new()) };
        let entries = value.as_object()?.iter();
        entries.map(|(key, value)| Some((key.clone(), self.level(value)?))).collect()
    }

    fn level(self, value: &Value) -> Option<i64> {
        match value {
            Value::Number(number) => number.as_i64(),
            Value::String(text) if !self.0.power_levels_are_integers() => {
                // What Python's int() takes, as old servers did: spaces around, a sign.
                text.trim().parse().ok()
            }
            _ => None,
        }
        .filter(|level| level.unsigned_abs() <= protocol::canonical::INTEGER_MAX.unsigned_abs())
    }
}
