//! What a power levels event changes of the one before.
use std::collections::BTreeMap;

use protocol::ids::UserId;

use super::{BAN_KICK_REDACT_STATE as FIFTY, Fields, INVITE_EVENTS_USERS as ZERO, PowerLevels};

/// One level that is not what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change<'a> {
    /// Whose level it is; `None` for the level that something needs.
    pub of_user: Option<&'a UserId>,
    /// What it was. For a field that had been absent: its default; for a new entry: `None`.
    pub old: Option<i64>,
    /// What it becomes. For a field that is removed: its default; for a removed entry: `None`.
    pub new: Option<i64>,
}

impl PowerLevels {
    /// Every level that differs from `old`. `with_notifications`: whether those of `notifications` count.
    pub fn changes_from<'a>(
        &'a self,
        old: &'a Self,
        with_notifications: bool,
    ) -> impl Iterator<Item = Change<'a>> {
        let needed = |old, new| Change { of_user: None, old, new };
        let fields = field_pairs(&old.fields, &self.fields)
            .into_iter()
            .filter(|(old, new, _)| old != new)
            .map(move |(old, new, default)| {
                needed(Some(old.unwrap_or(default)), Some(new.unwrap_or(default)))
            });
        let events =
            differences(&old.events, &self.events).map(move |(_, old, new)| needed(old, new));
        let notifications = with_notifications
            .then(|| differences(&old.notifications, &self.notifications))
            .into_iter()
            .flatten()
            .map(move |(_, old, new)| needed(old, new));
        let users = differences(&old.users, &self.users).map(|(user, old, new)| Change {
            of_user: Some(user),
            old,
            new,
        });
        fields.chain(events).chain(notifications).chain(users)
    }
}

type FieldPair = (Option<i64>, Option<i64>, i64);

fn field_pairs(old: &Fields, new: &Fields) -> [FieldPair; 7] {
    [
        (old.users_default, new.users_default, ZERO),
        (old.events_default, new.events_default, ZERO),
        (old.state_default, new.state_default, FIFTY),
        (old.ban, new.ban, FIFTY),
        (old.redact, new.redact, FIFTY),
        (old.kick, new.kick, FIFTY),
        (old.invite, new.invite, ZERO),
    ]
}

/// The entries of one map that are not the same in the other.
fn differences<'a, K: Ord>(
    old: &'a BTreeMap<K, i64>,
    new: &'a BTreeMap<K, i64>,
) -> impl Iterator<Item = (&'a K, Option<i64>, Option<i64>)> {
    let removed_or_changed = old.iter().filter_map(|(key, level)| {
        let now = new.get(key).copied();
        (now != Some(*level)).then_some((key, Some(*level), now))
    });
    let added = new
        .iter()
        .filter(|(key, _)| !old.contains_key(*key))
        .map(|(key, level)| (key, None, Some(*level)));
    removed_or_changed.chain(added)
}
