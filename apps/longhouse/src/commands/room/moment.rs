//! How far back something goes that somebody has typed.
use api_admin::local::room_document::Purge;

use crate::commands::day;

/// Understands `$EVENT`, a day such as `2026-01-31` (its beginning in UTC), or a span of time before now such as `90d`.
pub(super) fn parse(text: &str, now_ms: i64) -> Option<Purge> {
    if text.starts_with('$') {
        return Some(Purge::BeforeEvent(text.to_owned()));
    }
    if let Some(lifetime) = config::Lifetime::parse(text) {
        let span = i64::try_from(lifetime.as_ms()).ok()?;
        return Some(Purge::BeforeMs(now_ms.checked_sub(span)?));
    }
    day::parse(text).map(Purge::BeforeMs)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY_MS: i64 = 86_400_000;

    #[test]
    fn events_spans_and_days_are_understood() {
        let now = 1_700_000_000_000;
        assert!(matches!(parse("$x", now), Some(Purge::BeforeEvent(event)) if event == "$x"));
        assert!(matches!(parse("90d", now), Some(Purge::BeforeMs(ms)) if ms == now - 90 * DAY_MS));
        let day = parse("2026-01-31", now);
        assert!(matches!(day, Some(Purge::BeforeMs(ms)) if ms == 1_769_817_600_000));
        for text in ["", "x", "2023-02-29"] {
            assert!(parse(text, now).is_none(), "{text}");
        }
    }
}
