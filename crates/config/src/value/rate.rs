//! How often something may happen.
use std::fmt;

use crate::setting::{Input, Setting, expected, quoted, text};

/// A token bucket, written `10/s burst 50`: so many a second on average, so many at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Tokens that return each second; greater than 0.
    pub per_second: f64,
    /// Tokens that a full bucket holds; at least 1.
    pub burst: u32,
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s burst {}", self.per_second, self.burst)
    }
}

impl Setting for Rate {
    const KIND: &'static str = "a rate such as \"10/s burst 50\"";

    fn read(input: Input<'_>) -> Result<Self, String> {
        text(input).and_then(parse).ok_or_else(|| expected::<Self>(input))
    }

    fn show(&self) -> Option<String> {
        Some(quoted(&self.to_string()))
    }
}

fn parse(text: &str) -> Option<Rate> {
    let (per_second, burst) = text.split_once("/s")?;
    let burst = burst.trim_start().strip_prefix("burst")?.trim().parse().ok()?;
    let per_second: f64 = per_second.trim().parse().ok()?;
    (per_second.is_finite() && per_second > 0.0 && burst > 0).then_some(Rate { per_second, burst })
}
