//! Days as people write them.

use std::{
    fmt::Write as _,
    time::{Duration, UNIX_EPOCH},
};

/// The beginning of a day in UTC (Unix ms), none before 1970.
pub(super) fn parse(text: &str) -> Option<i64> {
    let begins = humantime::parse_rfc3339(&format!("{text}T00:00:00Z")).ok()?;
    i64::try_from(begins.duration_since(UNIX_EPOCH).ok()?.as_millis()).ok()
}

/// The day in UTC of a moment (Unix ms), as `2026-01-31`.
pub(super) fn show(ms: i64) -> String {
    let since = Duration::from_millis(u64::try_from(ms).unwrap_or_default());
    let mut text = String::new();
    // It has no form for years of five digits.
    match write!(text, "{}", humantime::format_rfc3339_seconds(UNIX_EPOCH + since)) {
        Ok(()) => text.split('T').next().unwrap_or_default().to_owned(),
        Err(_) => "a day after the year 9999".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: i64 = 86_400_000;

    #[test]
    fn days_are_understood_and_shown() {
        for (text, ms) in [
            ("1970-01-01", 0),
            ("2000-03-01", 951_868_800_000),
            ("2024-02-29", 1_709_164_800_000),
            ("2024-12-31", 1_735_603_200_000),
            ("2026-01-31", 1_769_817_600_000),
        ] {
            assert_eq!(parse(text), Some(ms), "{text}");
            assert_eq!(show(ms), text);
            assert_eq!(show(ms + DAY_MS - 1), text);
        }
        assert_eq!(show(253_402_300_799_000), "9999-12-31");
        assert_eq!(show(i64::MAX), "a day after the year 9999");
        for text in [
            "",
            "x",
            "2023-02-29",
            "2024-13-01",
            "2024-1-1",
            "1969-12-31",
            "2024-04-31",
            "2024-01-31T",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
