//! Events that were used lately, bounded by the bytes they occupy.
use std::{convert::Infallible, sync::Arc};

use quick_cache::{Weighter, sync::Cache};
use store::EventNum;

use crate::event::Event;

pub(crate) struct EventCache(Cache<EventNum, Arc<Event>, Bytes>);

#[derive(Clone)]
struct Bytes;

impl Weighter<EventNum, Arc<Event>> for Bytes {
    fn weight(&self, _: &EventNum, event: &Arc<Event>) -> u64 {
        event.memory_bytes() as u64
    }
}

impl EventCache {
    pub(crate) fn new(bytes_max: usize) -> Self {
        // About one event a kilobyte.
        Self(Cache::with_weighter(bytes_max >> 10, bytes_max as u64, Bytes))
    }

    pub(crate) fn get(&self, num: EventNum) -> Option<Arc<Event>> {
        self.0.get(&num)
    }

    /// Keeps what was read, unless there is something: that may be newer, as after a redaction.
    pub(crate) fn get_or_insert(&self, event: Arc<Event>) -> Arc<Event> {
        let num = event.num;
        let kept = self.0.get_or_insert_with(&num, || Ok::<_, Infallible>(event));
        kept.unwrap_or_else(|never| match never {})
    }

    pub(crate) fn clear(&self) {
        self.0.clear();
    }

    pub(crate) fn remove(&self, num: EventNum) {
        self.0.remove(&num);
    }

    pub(crate) fn insert(&self, event: Arc<Event>) {
        self.0.insert(event.num, event);
    }
}
