//! Rate limits: each class of endpoints has an allowance for each user, or for each address where nobody is logged in.
//!
//! The algorithm is GCRA: one number a user and class, no timer. What is kept is bounded: see [`Limiter`].
use std::{
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
    net::IpAddr,
};

use clock::SharedClock;
use parking_lot::Mutex;

use crate::error::Failure;

mod class;
use class::Allowance;
pub use class::RateClass;

/// Whose allowance is taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Who {
    User(i64),
    /// An IPv4 address, or the first 64 bits of an IPv6 one: that many addresses are one subscriber's.
    Address(u64),
}

impl From<IpAddr> for Who {
    fn from(address: IpAddr) -> Self {
        Self::Address(match address.to_canonical() {
            IpAddr::V4(address) => u64::from(address.to_bits()),
            IpAddr::V6(address) => u64::try_from(address.to_bits() >> 64).unwrap_or(u64::MAX),
        })
    }
}

const SHARDS: usize = 16;

/// Entries of one shard. An entry is about 32 bytes: all of them about 4 MB, for 130,000 callers at the same time.
const SHARD_ENTRIES_MAX: usize = 8_192;

/// Counts calls. A caller who has not called for a while is forgotten; when too many call at once, some are forgotten
/// early and get a fresh allowance.
pub(crate) struct Limiter {
    clock: SharedClock,
    allowances: [Option<Allowance>; RateClass::ALL.len()],
    hasher: RandomState,
    shards: [Mutex<HashMap<(RateClass, Who), i64>>; SHARDS],
}

impl Limiter {
    pub(crate) fn new(limits: &config::RateLimits, clock: SharedClock) -> Self {
        Self {
            clock,
            allowances: RateClass::ALL.map(|class| class.allowance(limits)),
            hasher: RandomState::new(),
            shards: std::array::from_fn(|_| Mutex::default()),
        }
    }

    /// Takes one call from the allowance.
    ///
    /// # Errors
    /// 429 `M_LIMIT_EXCEEDED` when there is nothing left.
    pub(crate) fn take(&self, class: RateClass, who: Who) -> Result<(), Failure> {
        let Some(allowance) = self.allowances.get(class as usize).copied().flatten() else {
            return Ok(());
        };
        let now_us = self.clock.now_ms().saturating_mul(1_000);
        let key = (class, who);
        let shard = usize::try_from(self.hasher.hash_one(key) % SHARDS as u64).unwrap_or(0);
        let Some(shard) = self.shards.get(shard) else { return Ok(()) };
        let mut entries = shard.lock();
        let known = entries.get(&key).copied();
        // When everything taken so far will have been given back.
        let settled_us =
            known.unwrap_or(now_us).max(now_us).saturating_add(allowance.interval_us());
        let ahead_us = settled_us - now_us - allowance.ahead_us_max();
        if ahead_us > 0 {
            let retry_after_ms = u64::try_from(ahead_us).unwrap_or(0).div_ceil(1_000);
            return Err(Failure::rate_limited(retry_after_ms));
        }
        if known.is_none() && entries.len() >= SHARD_ENTRIES_MAX {
            make_room(&mut entries, now_us);
        }
        entries.insert(key, settled_us);
        Ok(())
    }
}

/// Forgets who has the whole allowance again, and if nobody has, whoever comes first.
fn make_room(entries: &mut HashMap<(RateClass, Who), i64>, now_us: i64) {
    entries.retain(|_, settled_us| *settled_us > now_us);
    let surplus = entries.len().saturating_sub(SHARD_ENTRIES_MAX / 2);
    let some: Vec<_> = entries.keys().copied().take(surplus).collect();
    for key in some {
        entries.remove(&key);
    }
}

#[cfg(test)]
mod tests;
