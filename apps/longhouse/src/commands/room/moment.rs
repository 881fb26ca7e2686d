//! How far back something goes that somebody has typed.
use api_admin::local::room_document::Purge;

const DAY_MS: i64 = 86_400_000;

/// Understands `$EVENT`, a day such as `2026-01-31` (its beginning in UTC), or a span of time before now such as `90d`.
pub(super) fn parse(text: &str, now_ms: i64) -> Option<Purge> {
    if text.starts_with('$') {
        return Some(Purge::BeforeEvent(text.to_owned()));
    }
    if let Some(lifetime) = config::Lifetime::parse(text) {
        let span = i64::try_from(lifetime.as_ms()).ok()?;
        return Some(Purge::BeforeMs(now_ms.checked_sub(span)?));
    }
    day(text).map(Purge::BeforeMs)
}

/// The beginning of a day in UTC (Unix ms).
fn day(text: &str) -> Option<i64> {
    let mut parts = text.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if year.len() != 4 || month.len() != 2 || day.len() != 2 {
        return None;
    }
    let (year, month) = (year.parse::<i64>().ok()?, month.parse::<i64>().ok()?);
    let day = day.parse::<i64>().ok()?;
    if year < 1970 || !(1..=12).contains(&month) || !(1..=days_in(year, month)).contains(&day) {
        return None;
    }
    let years: i64 = (1970..year).map(|year| if is_leap(year) { 366 } else { 365 }).sum();
    let months: i64 = (1..month).map(|month| days_in(year, month)).sum();
    Some((years + months + day - 1) * DAY_MS)
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_spans_and_days_are_understood() {
        let now = 1_700_000_000_000;
        assert!(matches!(parse("$x", now), Some(Purge::BeforeEvent(event)) if event == "$x"));
        assert!(matches!(parse("90d", now), Some(Purge::BeforeMs(ms)) if ms == now - 90 * DAY_MS));
        for (text, ms) in [
            ("1970-01-01", 0),
            ("2000-03-01", 951_868_800_000),
            ("2024-02-29", 1_709_164_800_000),
            ("2026-01-31", 1_769_817_600_000),
        ] {
            assert!(
                matches!(parse(text, now), Some(Purge::BeforeMs(found)) if found == ms),
                "{text}"
            );
        }
        for text in ["", "x", "2023-02-29", "2024-13-01", "2024-1-1", "1969-12-31", "2024-04-31"] {
            assert!(parse(text, now).is_none(), "{text}");
        }
    }
}
