//! Messages that expire (MSC1763): shown to nobody from that moment on, and purged some time later.
//!
//! A room's policy is its state event `m.room.retention`, within the bounds of this server; a room without one has the
//! server's. How old an event is, is what its server says of when it was sent. State does not expire.
use std::{collections::HashMap, sync::Arc};

use protocol::canonical::{self, Object, Value};
use serde::Deserialize;
use store::{RoomNum, current_state, events::purging};

use crate::{
    error::{Error, Result},
    purge::Old,
    room::Room,
    service::Rooms,
};

/// The state event's type, and the one that it had before; the first that is there counts.
const TYPES: [&str; 2] = ["m.room.retention", "org.matrix.msc1763.retention"];

/// How many rooms are looked at at once.
const PAGE: i64 = 500;

/// How long messages are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// At least (ms).
    pub min_lifetime: Option<i64>,
    /// At most (ms).
    pub max_lifetime: Option<i64>,
}

/// What an administrator can set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// For rooms that have no policy of their own.
    pub default: Policy,
    /// No policy lets messages expire earlier (ms).
    pub allowed_min: Option<i64>,
    /// No policy keeps messages longer (ms).
    pub allowed_max: Option<i64>,
}

#[derive(Deserialize)]
struct Content {
    #[serde(default)]
    min_lifetime: Option<i64>,
    #[serde(default)]
    max_lifetime: Option<i64>,
}

impl Policy {
    /// What a state event's content says; none if it is not valid.
    fn parse(content: &str) -> Option<Self> {
        let Content { min_lifetime, max_lifetime } = serde_json::from_str(content).ok()?;
        let is_valid = min_lifetime.is_none_or(|ms| ms >= 0)
            && max_lifetime.is_none_or(|ms| ms >= min_lifetime.unwrap_or(0));
        is_valid.then_some(Self { min_lifetime, max_lifetime })
    }
}

impl Retention {
    /// The policy in force in a room. What its own leaves open is as in the server's, and the bounds hold in any case.
    #[must_use]
    pub fn effective(&self, own: Option<Policy>) -> Policy {
        let own = own.unwrap_or_default();
        let max = own.max_lifetime.or(self.default.max_lifetime);
        let max = match (max, self.allowed_max) {
            (Some(max), Some(allowed)) => Some(max.min(allowed)),
            (max, allowed) => max.or(allowed),
        };
        let max = max.map(|max| max.max(self.allowed_min.unwrap_or(0)));
        let min = own.min_lifetime.or(self.default.min_lifetime);
        let min = min.map(|min| max.map_or(min, |max| min.min(max)));
        Policy { min_lifetime: min, max_lifetime: max }
    }

    /// Before which time (Unix ms) messages have expired.
    fn cutoff(&self, own: Option<Policy>, now: i64) -> Option<i64> {
        Some(now.saturating_sub(self.effective(own).max_lifetime?))
    }
}

impl Rooms {
    /// The settings; none if nothing expires.
    #[must_use]
    pub fn retention(&self) -> Option<&Retention> {
        self.settings.retention.as_ref()
    }

    /// Before which time (Unix ms) a room's messages have expired.
    pub(crate) async fn expired_before(&self, room: &Room) -> Result<Option<i64>> {
        let Some(retention) = self.retention() else { return Ok(None) };
        let facts = room.facts(self).await?;
        let own = TYPES.iter().find_map(|kind| facts.state.get(kind, ""));
        let own = own.and_then(|own| Policy::parse(own.pdu.content()));
        Ok(retention.cutoff(own, self.now_ms()))
    }

    /// Removes what has expired from every room. Returns how many events that were.
    ///
    /// # Errors
    /// Fails if the database fails; what was removed until then stays so.
    pub async fn enforce_retention(self: &Arc<Self>) -> Result<i64> {
        let Some(retention) = self.retention().copied() else { return Ok(0) };
        let (mut removed, mut after) = (0_i64, RoomNum(0));
        loop {
            let page = store::rooms::numbers(&self.store.db, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(removed) };
            after = *last;
            let policies = self.policies(&page).await?;
            for num in page {
                let own = policies.get(&num).copied();
                if let Some(cutoff) = retention.cutoff(own, self.now_ms()) {
                    removed = removed.saturating_add(self.purge_expired(num, cutoff).await?);
                }
            }
        }
    }

    async fn purge_expired(self: &Arc<Self>, num: RoomNum, cutoff: i64) -> Result<i64> {
        let Some(row) = store::rooms::find(&self.store.db, num).await? else { return Ok(0) };
        let ends = &row.head.extremities;
        if !purging::has_old(&self.store.db, num, cutoff, ends).await? {
            return Ok(0);
        }
        // Only now it is worth to bring the room into memory.
        let Some(room) = self.by_number(num).await? else { return Ok(0) };
        self.purge(&room, Old::SentBefore(cutoff)).await
    }

    /// The policies of those of `rooms` that have one. None is brought into memory for it.
    async fn policies(&self, rooms: &[RoomNum]) -> Result<HashMap<RoomNum, Policy>> {
        #[derive(Deserialize)]
        struct Event<'a> {
            #[serde(borrow)]
            content: &'a serde_json::value::RawValue,
        }
        let mut policies = HashMap::new();
        for kind in TYPES.iter().rev() {
            let Some(key) = self.store.interner.find_state_key(kind, "").await? else { continue };
            for (room, json) in current_state::jsons_in(&self.store.db, key, rooms).await? {
                let event = serde_json::from_str::<Event<'_>>(&json);
                match event.ok().and_then(|event| Policy::parse(event.content.get())) {
                    Some(policy) => drop(policies.insert(room, policy)),
                    None => drop(policies.remove(&room)),
                }
            }
        }
        Ok(policies)
    }
}

/// Whether a state event can be as its sender wants it.
///
/// # Errors
/// [`Error::BadContent`] for a policy that makes no sense.
pub(crate) fn check_content(kind: &str, state_key: &str, content: &Object) -> Result<()> {
    if !TYPES.contains(&kind) || !state_key.is_empty() {
        return Ok(());
    }
    let refused = |why: &str| Err(Error::BadContent(why.to_owned()));
    for key in ["min_lifetime", "max_lifetime"] {
        match content.get(key) {
            None | Some(Value::Null | Value::Integer(_)) => {}
            Some(_) => return refused("lifetimes are integers: milliseconds"),
        }
    }
    if Policy::parse(&canonical::to_string(content)).is_none() {
        return refused("a lifetime is not negative, and min_lifetime no more than max_lifetime");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(min: Option<i64>, max: Option<i64>) -> Policy {
        Policy { min_lifetime: min, max_lifetime: max }
    }

    #[test]
    fn a_policy_is_within_the_bounds() {
        let server = Retention {
            default: policy(None, Some(100)),
            allowed_min: Some(50),
            allowed_max: Some(200),
        };
        let max = |own| server.effective(own).max_lifetime;
        assert_eq!(max(None), Some(100));
        assert_eq!(max(Some(policy(None, Some(10)))), Some(50));
        assert_eq!(max(Some(policy(None, Some(1_000)))), Some(200));
        assert_eq!(max(Some(policy(Some(20), None))), Some(100));
        let bounded = Retention { default: Policy::default(), ..server };
        assert_eq!(bounded.effective(None).max_lifetime, Some(200), "the bounds hold for all");
        let free = Retention::default();
        assert_eq!(free.effective(None), Policy::default());
        assert_eq!(free.effective(Some(policy(Some(3), Some(7)))), policy(Some(3), Some(7)));
    }

    #[test]
    fn what_makes_no_sense_is_no_policy() {
        assert_eq!(Policy::parse("{}"), Some(Policy::default()));
        assert_eq!(
            Policy::parse(r#"{"max_lifetime":5,"min_lifetime":null}"#),
            Some(policy(None, Some(5)))
        );
        for text in [
            r#"{"max_lifetime":-1}"#,
            r#"{"max_lifetime":"5"}"#,
            r#"{"max_lifetime":5,"min_lifetime":6}"#,
        ] {
            assert_eq!(Policy::parse(text), None, "{text}");
        }
    }
}
