//! Days as people write them.

const DAY_MS: i64 = 86_400_000;

/// The beginning of a day in UTC (Unix ms).
pub(super) fn parse(text: &str) -> Option<i64> {
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

/// The day in UTC of a moment (Unix ms), as `2026-01-31`.
pub(super) fn show(ms: i64) -> String {
    let (mut day, mut year) = (ms.max(0) / DAY_MS, 1970);
    while day >= days_of(year) {
        day -= days_of(year);
        year += 1;
    }
    let mut month = 1;
    while day >= days_in(year, month) {
        day -= days_in(year, month);
        month += 1;
    }
    format!("{year:04}-{month:02}-{:02}", day + 1)
}

fn days_of(year: i64) -> i64 {
    if is_leap(year) { 366 } else { 365 }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        for text in ["", "x", "2023-02-29", "2024-13-01", "2024-1-1", "1969-12-31", "2024-04-31"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
