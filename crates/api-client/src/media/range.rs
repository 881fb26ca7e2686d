//! `Range` (RFC 9110 section 14): a part of a download. Players of video ask for parts.
use std::ops::Range;

/// What a request asks for of content with some length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Everything: no range, or one that is not understood, which may be ignored.
    Whole,
    /// These bytes.
    Bytes(Range<u64>),
    /// A part that the content does not have.
    Unsatisfiable,
}

impl Part {
    /// Reads a header such as `bytes=0-99`. Several ranges at once are answered with everything.
    pub(crate) fn parse(header: &str, length: u64) -> Self {
        let (unit, spec) = header.trim().split_once('=').unwrap_or_default();
        if !unit.eq_ignore_ascii_case("bytes") {
            return Self::Whole;
        }
        let Some((first, last)) = spec.split_once('-') else { return Self::Whole };
        let (first, last) = (first.trim(), last.trim());
        let range = match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => first..length.min(last.saturating_add(1)),
            (Some(first), None) if last.is_empty() => first..length,
            (None, Some(suffix)) if first.is_empty() => length.saturating_sub(suffix)..length,
            _ => return Self::Whole,
        };
        if range.start < range.end { Self::Bytes(range) } else { Self::Unsatisfiable }
    }
}

/// Digits only: `parse` alone would take a sign. What is more than there can be is behind every end.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_cut_to_the_content() {
        for (header, expected) in [
            ("bytes=0-99", Part::Bytes(0..100)),
            ("bytes=0-0", Part::Bytes(0..1)),
            ("bytes=50-", Part::Bytes(50..100)),
            ("bytes=50-999", Part::Bytes(50..100)),
            ("bytes=50-18446744073709551615", Part::Bytes(50..100)),
            ("bytes=50-99999999999999999999", Part::Bytes(50..100)),
            ("Bytes=0-0", Part::Bytes(0..1)),
            ("bytes=-99999999999999999999", Part::Bytes(0..100)),
            ("bytes=99999999999999999999-", Part::Unsatisfiable),
            ("bytes=-30", Part::Bytes(70..100)),
            ("bytes=-300", Part::Bytes(0..100)),
            ("bytes=100-", Part::Unsatisfiable),
            ("bytes=-0", Part::Unsatisfiable),
            ("bytes=9-3", Part::Whole),
            ("bytes=0-1,5-6", Part::Whole),
            ("bytes=a-b", Part::Whole),
            ("bytes=+1-2", Part::Whole),
            ("bytes=-", Part::Whole),
            ("bytes=", Part::Whole),
            ("lines=1-2", Part::Whole),
            ("bytes", Part::Whole),
            ("", Part::Whole),
        ] {
            assert_eq!(Part::parse(header, 100), expected, "{header}");
        }
        assert_eq!(Part::parse("bytes=0-", 0), Part::Unsatisfiable);
    }
}
