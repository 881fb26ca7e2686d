//! The end of a room's timeline in memory: nearly every sync asks for no more.
//!
//! Invariant: between its oldest event and the last one that was committed here, none is missing.
use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
};

use store::{EventNum, events::Direction};

use crate::{event::Event, event_cache::EventCache, timeline::Range};

/// How many events are kept of a room: somewhat more than clients begin with.
const EVENTS_MAX: usize = 32;

/// The last events of a timeline.
#[derive(Debug)]
pub(crate) struct Recent {
    /// Every event behind this position is here.
    after: i64,
    /// Oldest first.
    events: VecDeque<Arc<Event>>,
}

impl Recent {
    /// Nothing of what there is up to `position`, everything that comes behind it.
    pub(crate) fn behind(position: i64) -> Self {
        Self { after: position, events: VecDeque::new() }
    }

    /// The event with this number, if it is here.
    pub(crate) fn get(&self, num: EventNum) -> Option<&Arc<Event>> {
        self.events.iter().rev().find(|event| event.num == num)
    }

    /// Adds an event that was committed behind all others.
    pub(crate) fn push(&mut self, event: Arc<Event>) {
        if self.events.len() == EVENTS_MAX
            && let Some(oldest) = self.events.pop_front()
        {
            self.after = oldest.position().unwrap_or(self.after);
        }
        self.events.push_back(event);
    }

    /// Puts `redacted` in the place of the event that it was made of.
    pub(crate) fn replace(&mut self, redacted: &Arc<Event>) {
        if let Some(event) = self.events.iter_mut().find(|event| event.num == redacted.num) {
            *event = Arc::clone(redacted);
        }
    }

    /// Forgets events that are stored no more.
    pub(crate) fn remove(&mut self, gone: &HashSet<EventNum>) {
        self.events.retain(|event| !gone.contains(&event.num));
    }

    /// Takes over what was read up to the position `until`, newest first. Only what `cache` has as well: that is as it
    /// is now, even if it was redacted after it was read.
    pub(crate) fn extend_back(&mut self, page: &[Arc<Event>], until: i64, cache: &EventCache) {
        if until < self.after {
            return;
        }
        for read in page {
            let Some(position) = read.position() else { return };
            if position > self.after {
                continue;
            }
            match cache.get(read.num) {
                Some(event) if self.events.len() < EVENTS_MAX => self.events.push_front(event),
                _ => return,
            }
            self.after = position.saturating_sub(1);
        }
    }

    /// At most `limit` events of `range`, in its direction; `None` if there may be some that are not here.
    pub(crate) fn find(&self, range: Range, limit: usize) -> Option<Vec<Arc<Event>>> {
        let Range { after, until, direction } = range;
        let is_whole = after >= self.after;
        let wanted = |event: &&Arc<Event>| {
            event.position().is_some_and(|position| position > after && position <= until)
        };
        let events = self.events.iter();
        match direction {
            Direction::Forward => {
                is_whole.then(|| events.filter(wanted).take(limit).cloned().collect())
            }
            Direction::Backward => {
                let found: Vec<_> = events.rev().filter(wanted).take(limit).cloned().collect();
                (is_whole || found.len() == limit).then_some(found)
            }
        }
    }

    /// The bytes it occupies in memory, about.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.events.iter().map(|event| event.memory_bytes()).sum()
    }
}
