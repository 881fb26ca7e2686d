//! When each pusher is told: at once, or after a while if its gateway has not taken something.
use std::collections::{BTreeSet, HashMap};

use store::UserNum;

use super::{Settings, Told};

/// The pushers that are known, and what is going on with them.
pub(super) struct Schedule {
    pushers: HashMap<i64, Slot>,
    /// When (Unix ms) pushers whose gateways fail are tried again.
    retries: BTreeSet<(i64, i64)>,
    settings: Settings,
}

struct Slot {
    user: UserNum,
    /// Up to where it has been told.
    position: i64,
    state: State,
    /// How often in a row its gateway has failed.
    failures: u32,
    /// Whether it waits, and that is not stored.
    is_unsaved: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    /// It is being told; something may have come up since.
    Running {
        again: bool,
    },
    /// It is tried again at this time.
    Waiting(i64),
}

/// A pusher that is to be told now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Due {
    pub(super) pusher: i64,
    pub(super) from: i64,
}

impl Schedule {
    pub(super) fn new(settings: Settings) -> Self {
        Self { pushers: HashMap::new(), retries: BTreeSet::new(), settings }
    }

    /// Learns of a pusher that has been told everything up to `position`.
    pub(super) fn add(&mut self, pusher: i64, user: UserNum, position: i64) {
        let slot = Slot { user, position, state: State::Idle, failures: 0, is_unsaved: false };
        self.pushers.entry(pusher).or_insert(slot);
    }

    pub(super) fn has(&self, pusher: i64) -> bool {
        self.pushers.contains_key(&pusher)
    }

    /// There may be something to tell a pusher.
    pub(super) fn wake(&mut self, pusher: i64) -> Option<Due> {
        let slot = self.pushers.get_mut(&pusher)?;
        match slot.state {
            State::Idle => Some(slot.start(pusher)),
            State::Running { .. } => {
                slot.state = State::Running { again: true };
                None
            }
            State::Waiting(_) => None,
        }
    }

    /// A pusher was set anew: its gateway may be another one.
    pub(super) fn wake_now(&mut self, pusher: i64) -> Option<Due> {
        if let Some(slot) = self.pushers.get_mut(&pusher)
            && let State::Waiting(at) = slot.state
        {
            self.retries.remove(&(at, pusher));
            slot.failures = 0;
            slot.state = State::Idle;
        }
        self.wake(pusher)
    }

    /// A pusher has been told. Returns whose it was, if it is no more; and what is due now.
    pub(super) fn told(
        &mut self,
        pusher: i64,
        told: Told,
        now_ms: i64,
    ) -> (Option<UserNum>, Option<Due>) {
        let Some(slot) = self.pushers.get_mut(&pusher) else { return (None, None) };
        match told {
            Told::Gone => {
                let user = slot.user;
                self.pushers.remove(&pusher);
                (Some(user), None)
            }
            Told::Until(position) => {
                slot.position = slot.position.max(position);
                slot.failures = 0;
                slot.is_unsaved = false;
                let again = slot.state == State::Running { again: true };
                slot.state = State::Idle;
                (None, again.then(|| slot.start(pusher)))
            }
            Told::Failed(_) | Told::Broken => {
                if let Told::Failed(position) = told {
                    slot.position = slot.position.max(position);
                }
                slot.is_unsaved = told == Told::Broken;
                let Settings { retry_after_ms, retry_after_ms_max, .. } = self.settings;
                let factor = 1_i64.checked_shl(slot.failures.min(40)).unwrap_or(i64::MAX);
                let pause = retry_after_ms.saturating_mul(factor).min(retry_after_ms_max);
                slot.failures = slot.failures.saturating_add(1);
                let at = now_ms.saturating_add(pause);
                slot.state = State::Waiting(at);
                self.retries.insert((at, pusher));
                (None, None)
            }
        }
    }

    /// When the next pusher is tried again (Unix ms).
    pub(super) fn next_retry(&self) -> Option<i64> {
        self.retries.first().map(|(at, _)| *at)
    }

    /// The pushers that are to be tried again by now.
    pub(super) fn retry(&mut self, now_ms: i64) -> Vec<Due> {
        let later = self.retries.split_off(&(now_ms.saturating_add(1), i64::MIN));
        let due = std::mem::replace(&mut self.retries, later);
        let start = |(_, pusher): (i64, i64)| Some(self.pushers.get_mut(&pusher)?.start(pusher));
        due.into_iter().filter_map(start).collect()
    }

    /// Up to where every pusher has been told, or it is stored that one has not; `looked_at`: up to where the change stream
    /// was looked at.
    pub(super) fn progress(&self, looked_at: i64) -> i64 {
        let is_open = |slot: &&Slot| slot.is_unsaved || matches!(slot.state, State::Running { .. });
        let open = self.pushers.values().filter(is_open);
        open.map(|slot| slot.position).fold(looked_at, i64::min)
    }
}

impl Slot {
    fn start(&mut self, pusher: i64) -> Due {
        self.state = State::Running { again: false };
        Due { pusher, from: self.position }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule() -> Schedule {
        let mut schedule = Schedule::new(Settings::default());
        schedule.add(7, UserNum(1), 100);
        schedule
    }

    #[test]
    fn what_comes_up_while_a_pusher_is_told_is_told_after_that() {
        let mut schedule = schedule();
        assert_eq!(schedule.wake(7), Some(Due { pusher: 7, from: 100 }));
        assert_eq!(schedule.progress(120), 100);
        assert_eq!(schedule.wake(7), None);
        let again = Some(Due { pusher: 7, from: 110 });
        assert_eq!(schedule.told(7, Told::Until(110), 0), (None, again));
        assert_eq!(schedule.told(7, Told::Until(120), 0), (None, None));
        assert_eq!(schedule.progress(130), 130);
    }

    #[test]
    fn a_gateway_that_fails_is_tried_less_and_less_often_up_to_once_an_hour() {
        let mut schedule = schedule();
        let (mut now, mut pauses) = (0, Vec::new());
        schedule.wake(7);
        for _ in 0..14 {
            schedule.told(7, Told::Failed(100), now);
            assert_eq!(schedule.wake(7), None, "it waits");
            let at = schedule.next_retry().unwrap();
            assert!(schedule.retry(at - 1).is_empty());
            assert_eq!(schedule.retry(at), [Due { pusher: 7, from: 100 }]);
            pauses.push((at - now) / 1_000);
            now = at;
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600]);
        schedule.told(7, Told::Failed(100), now);
        assert!(schedule.wake_now(7).is_some(), "it was set anew");
        assert_eq!(schedule.next_retry(), None);
        assert_eq!(schedule.told(7, Told::Gone, now), (Some(UserNum(1)), None));
        assert!(!schedule.has(7));
    }

    #[test]
    fn what_is_not_stored_holds_up_what_is_noted_for_all() {
        let mut schedule = schedule();
        schedule.wake(7);
        schedule.told(7, Told::Broken, 0);
        assert_eq!(schedule.progress(120), 100);
        assert_eq!(schedule.retry(1_000).len(), 1);
        schedule.told(7, Told::Failed(110), 1_000);
        assert_eq!(schedule.progress(120), 120, "its row says where it is");
        assert_eq!(schedule.retry(10_000), [Due { pusher: 7, from: 110 }]);
    }
}
