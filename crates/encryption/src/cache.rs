//! A bounded cache by device.
use std::hash::{Hash, Hasher};

use quick_cache::{Equivalent, sync::Cache};
use store::UserNum;

/// A device as a key of the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DeviceKey {
    user: UserNum,
    device_id: Box<str>,
}

/// The same, borrowed: a look-up allocates nothing.
struct DeviceRef<'a> {
    user: UserNum,
    device_id: &'a str,
}

impl Hash for DeviceKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.user, &*self.device_id).hash(state);
    }
}

impl Hash for DeviceRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.user, self.device_id).hash(state);
    }
}

impl Equivalent<DeviceKey> for DeviceRef<'_> {
    fn equivalent(&self, key: &DeviceKey) -> bool {
        self.user == key.user && *self.device_id == *key.device_id
    }
}

/// Values by device.
///
/// Invariant: a value that was loaded before a [`Self::forget`] is not kept after it.
pub(crate) struct DeviceCache<V> {
    values: Cache<DeviceKey, V>,
}

impl<V: Clone> DeviceCache<V> {
    pub(crate) fn new(entries: usize) -> Self {
        Self { values: Cache::new(entries) }
    }

    pub(crate) fn get(&self, user: UserNum, device_id: &str) -> Option<V> {
        self.values.get(&DeviceRef { user, device_id })
    }

    /// The cached value, or what `load` gives. Concurrent callers load once.
    pub(crate) async fn get_or_load<E>(
        &self,
        user: UserNum,
        device_id: &str,
        load: impl Future<Output = Result<V, E>>,
    ) -> Result<V, E> {
        if let Some(value) = self.get(user, device_id) {
            return Ok(value);
        }
        let key = DeviceKey { user, device_id: device_id.into() };
        match self.values.get_value_or_guard_async(&key).await {
            Ok(value) => Ok(value),
            Err(guard) => {
                let value = load.await?;
                // Refused if somebody wrote, and therefore forgot, in the meantime: then nothing is kept.
                drop(guard.insert(value.clone()));
                Ok(value)
            }
        }
    }

    /// To be called after a commit and before it becomes visible.
    pub(crate) fn forget(&self, user: UserNum, device_id: &str) {
        self.values.remove(&DeviceRef { user, device_id });
    }
}
