//! When it is looked whether a user is to have mail.
use std::collections::{BTreeSet, HashMap};

use store::UserNum;

/// The first pause (ms) after a mail that could not be sent; twice as long each further time.
const RETRY_AFTER_MS: i64 = 60_000;

/// The longest such pause (ms).
const RETRY_AFTER_MS_MAX: i64 = 6 * 3_600_000;

/// The pushers by mail, and when each is looked at next.
#[derive(Default)]
pub(super) struct Agenda {
    pushers: HashMap<i64, Entry>,
    /// By time (Unix ms).
    queue: BTreeSet<(i64, i64)>,
}

struct Entry {
    user: UserNum,
    /// When it is looked at (Unix ms); none: when something happens.
    at: Option<i64>,
    /// How often in a row a mail of it could not be sent.
    failures: u32,
}

impl Agenda {
    pub(super) fn is_empty(&self) -> bool {
        self.pushers.is_empty()
    }

    /// Learns of a pusher.
    pub(super) fn add(&mut self, pusher: i64, user: UserNum) {
        self.pushers.entry(pusher).or_insert(Entry { user, at: None, failures: 0 });
    }

    /// Whose pusher it was that is no more.
    pub(super) fn remove(&mut self, pusher: i64) -> Option<UserNum> {
        let entry = self.pushers.remove(&pusher)?;
        if let Some(at) = entry.at {
            self.queue.remove(&(at, pusher));
        }
        Some(entry.user)
    }

    /// Something has happened in the rooms of a pusher's user: it is looked at then, if nothing else is planned.
    pub(super) fn wake(&mut self, pusher: i64, at: i64) {
        if self.pushers.get(&pusher).is_some_and(|entry| entry.at.is_none()) {
            self.set(pusher, at);
        }
    }

    /// The user has done something, which may have shortened the pause: it is looked at then or earlier.
    pub(super) fn hasten(&mut self, pusher: i64, at: i64) {
        let Some(entry) = self.pushers.get(&pusher) else { return };
        if entry.failures == 0 && entry.at.is_none_or(|planned| planned > at) {
            self.set(pusher, at);
        }
    }

    /// Looks at a pusher then, whatever was planned.
    pub(super) fn set(&mut self, pusher: i64, at: i64) {
        let Some(entry) = self.pushers.get_mut(&pusher) else { return };
        if let Some(before) = entry.at.replace(at) {
            self.queue.remove(&(before, pusher));
        }
        self.queue.insert((at, pusher));
    }

    /// A pusher that was told all there is, or was set anew: what failed is forgotten.
    pub(super) fn settle(&mut self, pusher: i64) {
        if let Some(entry) = self.pushers.get_mut(&pusher) {
            entry.failures = 0;
        }
    }

    /// A mail could not be sent: it is tried again after a pause.
    pub(super) fn fail(&mut self, pusher: i64, now_ms: i64) {
        let Some(entry) = self.pushers.get_mut(&pusher) else { return };
        let pause = pause(entry.failures);
        entry.failures = entry.failures.saturating_add(1);
        self.set(pusher, now_ms.saturating_add(pause));
    }

    /// The pushers that are to be looked at by now, the longest due first. Nothing is planned for them any more.
    pub(super) fn take_due(&mut self, now_ms: i64) -> Vec<i64> {
        let rest = self.queue.split_off(&(now_ms.saturating_add(1), i64::MIN));
        let due = std::mem::replace(&mut self.queue, rest);
        for (_, pusher) in &due {
            if let Some(entry) = self.pushers.get_mut(pusher) {
                entry.at = None;
            }
        }
        due.into_iter().map(|(_, pusher)| pusher).collect()
    }
}

/// The pause (ms) after this many earlier failures.
pub(super) fn pause(failures: u32) -> i64 {
    let factor = 1_i64.checked_shl(failures.min(30)).unwrap_or(i64::MAX);
    RETRY_AFTER_MS.saturating_mul(factor).min(RETRY_AFTER_MS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agenda() -> Agenda {
        let mut agenda = Agenda::default();
        agenda.add(7, UserNum(1));
        agenda
    }

    #[test]
    fn what_happens_is_looked_at_once_and_a_user_who_is_back_sooner() {
        let mut agenda = agenda();
        assert!(agenda.take_due(i64::MAX - 1).is_empty());
        agenda.wake(7, 100);
        agenda.wake(7, 200);
        assert!(agenda.take_due(99).is_empty());
        assert_eq!(agenda.take_due(100), [7]);
        assert!(agenda.take_due(1_000).is_empty());
        agenda.set(7, 5_000);
        agenda.wake(7, 2_000);
        assert!(agenda.take_due(4_999).is_empty(), "it was planned later");
        agenda.hasten(7, 3_000);
        agenda.hasten(7, 4_000);
        assert_eq!(agenda.take_due(3_000), [7]);
        agenda.wake(7, 1);
        assert_eq!(agenda.remove(7), Some(UserNum(1)));
        assert!(agenda.is_empty() && agenda.take_due(10).is_empty());
        agenda.wake(7, 1);
        assert!(agenda.take_due(10).is_empty(), "it is gone");
    }

    #[test]
    fn what_fails_is_tried_less_and_less_often() {
        let mut agenda = agenda();
        let (mut now, mut minutes) = (0, Vec::new());
        for _ in 0..11 {
            agenda.fail(7, now);
            agenda.hasten(7, now);
            let (at, _) = *agenda.queue.first().unwrap();
            minutes.push((at - now) / 60_000);
            now = at;
            assert_eq!(agenda.take_due(now), [7]);
        }
        assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360]);
        agenda.settle(7);
        agenda.fail(7, 0);
        assert_eq!(agenda.take_due(60_000), [7]);
    }
}
