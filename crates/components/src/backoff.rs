//! Pauses between restarts.
use std::time::Duration;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(30);
/// A component that ran this long has recovered: its next failure begins with a short pause again.
const RECOVERED_AFTER: Duration = Duration::from_mins(1);

/// Doubles from 100 ms to 30 s.
#[derive(Debug)]
pub(crate) struct Backoff {
    next: Duration,
}

impl Backoff {
    pub(crate) fn new() -> Self {
        Self { next: FIRST }
    }

    /// The pause after a run that lasted `ran`.
    pub(crate) fn pause(&mut self, ran: Duration) -> Duration {
        if ran >= RECOVERED_AFTER {
            self.next = FIRST;
        }
        let pause = self.next;
        self.next = (pause * 2).min(LONGEST);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_recover() {
        let mut backoff = Backoff::new();
        let short = Duration::from_secs(1);
        let pauses: Vec<u128> = (0..10).map(|_| backoff.pause(short).as_millis()).collect();
        assert_eq!(pauses, [100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000]);
        assert_eq!(backoff.pause(RECOVERED_AFTER), FIRST);
    }
}
