//! Spans of time.
use std::{fmt, time::Duration};

use crate::setting::{Input, Setting, expected, quoted, text};

const UNITS: [(&str, u64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("ms", 1), ("m", 60_000), ("s", 1_000)];

/// A span of time, written `250ms`, `30s`, `5m`, `12h` or `30d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lifetime {
    ms: u64,
}

impl Lifetime {
    /// A span of `seconds`.
    #[must_use]
    pub const fn seconds(seconds: u64) -> Self {
        Self { ms: seconds.saturating_mul(1_000) }
    }

    /// The span that a text such as `30s` or `12h` names.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // `ms` is tried before `m` and `s`: they are its ends.
        let (number, factor) =
            UNITS.iter().find_map(|(unit, ms)| Some((text.trim().strip_suffix(unit)?, *ms)))?;
        let ms = number.trim().parse::<u64>().ok()?.checked_mul(factor)?;
        Some(Self { ms })
    }

    /// The span in milliseconds.
    #[must_use]
    pub const fn as_ms(self) -> u64 {
        self.ms
    }

    /// The span in milliseconds as times are reckoned with; the most there is where it is longer.
    #[must_use]
    pub const fn as_ms_i64(self) -> i64 {
        if self.ms > i64::MAX as u64 { i64::MAX } else { self.ms.cast_signed() }
    }

    /// The span as the standard library's type.
    #[must_use]
    pub const fn as_duration(self) -> Duration {
        Duration::from_millis(self.ms)
    }
}

impl fmt::Display for Lifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let by_size = [UNITS[0], UNITS[1], UNITS[3], UNITS[4], UNITS[2]];
        let whole =
            by_size.into_iter().find(|(_, ms)| self.ms >= *ms && self.ms.is_multiple_of(*ms));
        let (unit, ms) = whole.unwrap_or(("ms", 1));
        write!(f, "{}{unit}", self.ms / ms)
    }
}

impl Setting for Lifetime {
    const KIND: &'static str = "a time such as \"30s\", \"5m\", \"12h\" or \"30d\"";

    fn read(input: Input<'_>) -> Result<Self, String> {
        text(input).and_then(Self::parse).ok_or_else(|| expected::<Self>(input))
    }

    fn show(&self) -> Option<String> {
        Some(quoted(&self.to_string()))
    }
}
