//! A bounded cache of what is read from the database and changes under it.
//!
//! Invariant: what was read before [`Slots::forget`] is never found after it: a slot is in the cache before its value is
//! read, and forgetting counts its version up.
use std::{convert::Infallible, hash::Hash, sync::Arc};

use parking_lot::Mutex;
use quick_cache::sync::Cache;

pub(crate) struct Slots<K, V> {
    cache: Cache<K, Arc<Mutex<Slot<V>>>>,
}

struct Slot<V> {
    version: u64,
    value: Option<V>,
}

/// What a look into the cache finds.
pub(crate) enum Found<V> {
    Known(V),
    /// It has to be read now, and is put where the place says.
    Missing(Place<V>),
}

/// Where a value that is being read will stand, unless it is forgotten meanwhile.
pub(crate) struct Place<V> {
    slot: Arc<Mutex<Slot<V>>>,
    version: u64,
}

impl<V> Place<V> {
    pub(crate) fn put(self, value: V) {
        let mut slot = self.slot.lock();
        if slot.version == self.version {
            slot.value = Some(value);
        }
    }
}

impl<K: Clone + Eq + Hash, V: Clone> Slots<K, V> {
    /// A cache of at most `entries_max`.
    pub(crate) fn new(entries_max: usize) -> Self {
        Self { cache: Cache::new(entries_max) }
    }

    /// The value of `key`; one that `is_stale` is as good as none.
    pub(crate) fn find(&self, key: &K, is_stale: impl FnOnce(&V) -> bool) -> Found<V> {
        let empty = || Ok::<_, Infallible>(Arc::new(Mutex::new(Slot { version: 0, value: None })));
        let Ok(slot) = self.cache.get_or_insert_with(key, empty);
        let version = {
            let mut kept = slot.lock();
            match kept.value.take_if(|value| is_stale(value)) {
                Some(_) => kept.version = kept.version.wrapping_add(1),
                None => {
                    if let Some(value) = &kept.value {
                        return Found::Known(value.clone());
                    }
                }
            }
            kept.version
        };
        Found::Missing(Place { slot, version })
    }

    /// Changes the value of `key`, if it is known.
    pub(crate) fn update(&self, key: &K, change: impl FnOnce(&V) -> V) {
        if let Some(slot) = self.cache.get(key) {
            let mut slot = slot.lock();
            slot.version = slot.version.wrapping_add(1);
            slot.value = slot.value.as_ref().map(change);
        }
    }

    /// Forgets the value of `key`; one that is being read is not kept either.
    pub(crate) fn forget(&self, key: &K) {
        if let Some(slot) = self.cache.get(key) {
            let mut slot = slot.lock();
            slot.version = slot.version.wrapping_add(1);
            slot.value = None;
        }
    }
}
