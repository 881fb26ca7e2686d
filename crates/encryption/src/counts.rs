//! How many keys a device still has to give, which every sync of it reports.
use std::{collections::BTreeMap, sync::Arc};

use protocol::ids::DeviceId;
use store::{UserNum, fallback_keys, one_time_keys};

use crate::{Encryption, cache::DeviceCache};

/// Devices whose counts are kept in memory: about 300 bytes each.
const CACHED_DEVICES: usize = 20_000;

/// The algorithm that clients count on: always listed, so that a client with no key left uploads some.
const ALWAYS_LISTED: &str = "signed_curve25519";

/// The keys that a device still has to give.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyCounts {
    /// Unissued one-time keys by algorithm; `signed_curve25519` is always there for a device.
    pub one_time_keys: BTreeMap<String, i64>,
    /// Algorithms with a fallback key that nobody has got yet.
    pub unused_fallback_algorithms: Vec<String>,
}

/// The counts by device.
pub(crate) struct CountCache(DeviceCache<Arc<KeyCounts>>);

impl Default for CountCache {
    fn default() -> Self {
        Self(DeviceCache::new(CACHED_DEVICES))
    }
}

impl CountCache {
    pub(crate) fn forget(&self, user: UserNum, device_id: &str) {
        self.0.forget(user, device_id);
    }
}

impl Encryption {
    /// The keys that a device still has to give.
    ///
    /// # Errors
    /// Fails if the database fails.
    pub async fn key_counts(
        &self,
        user: UserNum,
        device_id: &DeviceId,
    ) -> Result<Arc<KeyCounts>, db::Error> {
        let device_id = device_id.as_str();
        self.counts.0.get_or_load(user, device_id, self.load_counts(user, device_id)).await
    }

    async fn load_counts(
        &self,
        user: UserNum,
        device_id: &str,
    ) -> Result<Arc<KeyCounts>, db::Error> {
        let counts = one_time_keys::counts(&self.store.db, user, device_id).await?;
        let mut one_time_keys: BTreeMap<String, i64> = counts.into_iter().collect();
        one_time_keys.entry(ALWAYS_LISTED.to_owned()).or_insert(0);
        let unused_fallback_algorithms =
            fallback_keys::unused_algorithms(&self.store.db, user, device_id).await?;
        Ok(Arc::new(KeyCounts { one_time_keys, unused_fallback_algorithms }))
    }
}
