//! Wall time is an argument, never an ambient call: whoever needs it takes a [`SharedClock`].
//!
//! Invariant: [`SystemClock`] is the only place in the workspace that reads the system's time.
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::UNIX_EPOCH,
};

/// A clock that many owners read.
pub type SharedClock = Arc<dyn Clock>;

/// Tells the time.
pub trait Clock: Send + Sync + 'static {
    /// Milliseconds since the Unix epoch: the unit of every time on Matrix's wire and in our tables.
    fn now_ms(&self) -> i64;
}

/// The system's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl SystemClock {
    /// The system's clock, ready to hand around.
    #[must_use]
    pub fn shared() -> SharedClock {
        Arc::new(Self)
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads it")]
    fn now_ms(&self) -> i64 {
        // A system clock before 1970 is read as 1970: it is wrong either way.
        let since_epoch = std::time::SystemTime::now().duration_since(UNIX_EPOCH);
        since_epoch.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// A clock that moves only when it is told to.
#[derive(Debug)]
pub struct MockClock(AtomicI64);

impl MockClock {
    /// A clock that shows `now_ms`.
    #[must_use]
    pub fn at_ms(now_ms: i64) -> Self {
        Self(AtomicI64::new(now_ms))
    }

    /// Moves the clock forward, or back when `by` is negative.
    pub fn advance_ms(&self, by: i64) {
        self.0.fetch_add(by, Ordering::SeqCst);
    }

    /// Sets the clock.
    pub fn set_ms(&self, now_ms: i64) {
        self.0.store(now_ms, Ordering::SeqCst);
    }
}

impl Default for MockClock {
    /// Shows 2026-01-01T00:00:00Z.
    fn default() -> Self {
        Self::at_ms(1_767_225_600_000)
    }
}

impl Clock for MockClock {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_clock_is_past_the_day_this_was_written_and_moves_on() {
        let clock = SystemClock::shared();
        let first = clock.now_ms();
        assert!(first > MockClock::default().now_ms() - 400 * 86_400_000, "{first}");
        std::thread::sleep(std::time::Duration::from_millis(3));
        assert!(clock.now_ms() > first);
    }

    #[test]
    fn the_mock_clock_moves_only_when_told() {
        let clock = Arc::new(MockClock::at_ms(5));
        let shared: SharedClock = clock.clone();
        assert_eq!(shared.now_ms(), 5);
        clock.advance_ms(10);
        assert_eq!(shared.now_ms(), 15);
        clock.set_ms(-1);
        assert_eq!(shared.now_ms(), -1);
    }
}
