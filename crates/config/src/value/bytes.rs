//! Amounts of memory and disk.
use std::fmt;

use crate::setting::{Input, Setting, expected, quoted};

const UNITS: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

/// A number of bytes, written `50 MiB`, `64 KiB`, `1 GiB` or as a bare number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

impl Bytes {
    /// `count` times 1,048,576 bytes.
    #[must_use]
    pub const fn mebibytes(count: u64) -> Self {
        Self(count << 20)
    }

    /// From a text such as `50 MiB`; `None` if it is no amount.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        parse(text).map(Self)
    }

    /// The amount as a length in memory; on a 32-bit machine at most what it can address.
    #[must_use]
    pub fn as_usize(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = UNITS.iter().find(|(_, size)| self.0 >= *size && self.0.is_multiple_of(*size));
        let (unit, size) = whole.copied().unwrap_or(("B", 1));
        write!(f, "{} {unit}", self.0 / size)
    }
}

impl Setting for Bytes {
    const KIND: &'static str = "an amount such as \"50 MiB\", or a number of bytes";

    fn read(input: Input<'_>) -> Result<Self, String> {
        let amount = match input {
            Input::Value(value) => match value.as_integer() {
                Some(number) => u64::try_from(number).ok(),
                None => value.as_str().and_then(parse),
            },
            Input::Text(text) => parse(text),
        };
        amount.map(Self).ok_or_else(|| expected::<Self>(input))
    }

    fn show(&self) -> Option<String> {
        Some(quoted(&self.to_string()))
    }
}

fn parse(text: &str) -> Option<u64> {
    let text = text.trim();
    let named = UNITS.iter().find_map(|(unit, size)| Some((text.strip_suffix(unit)?, *size)));
    let (number, size) = named.unwrap_or((text, 1));
    number.trim().parse::<u64>().ok()?.checked_mul(size)
}
