//! One text for both engines: what SQLite needs changed in it.
use std::{borrow::Cow, fmt::Write as _};

use crate::Value;

/// Rewrites a statement for SQLite: `$1` becomes `?1`, `= ANY($1)` becomes `IN (SELECT value FROM json_each(?1))` and
/// `<> ALL($1)` the same with `NOT IN`. What stands in quotes or comments is left alone.
pub(crate) fn for_sqlite(sql: &str) -> Cow<'_, str> {
    if !sql.contains('$') {
        return Cow::Borrowed(sql);
    }
    let mut out = String::with_capacity(sql.len() + 64);
    let mut rest = sql;
    while let Some(start) = rest.find(['$', '\'', '"', '-', '/']) {
        let (before, tail) = rest.split_at(start);
        out.push_str(before);
        if let Some(length) = opaque(tail) {
            let (kept, after) = tail.split_at(length);
            out.push_str(kept);
            rest = after;
        } else if let Some((number, after)) = parameter(tail) {
            rest = place(&mut out, number, after);
        } else {
            let next = tail.chars().next().map_or(0, char::len_utf8);
            let (kept, after) = tail.split_at(next);
            out.push_str(kept);
            rest = after;
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The length of the quoted text or the comment that `text` begins with.
fn opaque(text: &str) -> Option<usize> {
    let closed_by = |open: &str, close: &str| {
        let body = text.strip_prefix(open)?;
        Some(body.find(close).map_or(text.len(), |end| open.len() + end + close.len()))
    };
    closed_by("'", "'")
        .or_else(|| closed_by("\"", "\""))
        .or_else(|| closed_by("--", "\n"))
        .or_else(|| closed_by("/*", "*/"))
}

/// The number of the parameter that `text` begins with, and what follows it.
fn parameter(text: &str) -> Option<(&str, &str)> {
    let digits = text.strip_prefix('$')?;
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    (end > 0).then(|| digits.split_at(end))
}

/// Writes the parameter, replacing the array comparison that it stands in, and returns what is left to rewrite.
fn place<'a>(out: &mut String, number: &str, after: &'a str) -> &'a str {
    for (comparison, replacement) in [(["=", "ANY", "("], "IN"), (["<>", "ALL", "("], "NOT IN")] {
        if let Some(kept) = strip_suffix_words(out, comparison)
            && let Some(rest) = after.trim_start().strip_prefix(')')
        {
            out.truncate(kept);
            // Writing to a String can't fail.
            let _ = write!(out, "{replacement} (SELECT value FROM json_each(?{number}))");
            return rest;
        }
    }
    out.push('?');
    out.push_str(number);
    after
}

/// The length of `text` without the words it ends in, which may have blanks between them.
fn strip_suffix_words(text: &str, words: [&str; 3]) -> Option<usize> {
    let mut kept = text;
    for word in words.iter().rev() {
        kept = kept.trim_end();
        let start = kept.len().checked_sub(word.len())?;
        if !kept.get(start..)?.eq_ignore_ascii_case(word) {
            return None;
        }
        kept = kept.get(..start)?;
    }
    Some(kept.len())
}

/// An array as the JSON text that `json_each` takes apart.
pub(crate) fn json_array(value: &Value) -> Option<String> {
    match value {
        Value::Integers(integers) => {
            let mut json = String::with_capacity(integers.len() * 8 + 2);
            for integer in &**integers {
                let separator = if json.is_empty() { '[' } else { ',' };
                let _ = write!(json, "{separator}{integer}");
            }
            Some(if json.is_empty() { "[]".to_owned() } else { json + "]" })
        }
        Value::Texts(texts) => {
            let texts: Vec<&str> = texts.iter().map(|text| &**text).collect();
            serde_json::to_string(&texts).ok()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_and_arrays_are_rewritten() {
        let check = |sql, expected: &str| assert_eq!(for_sqlite(sql), expected);
        check("SELECT 1", "SELECT 1");
        check("SELECT $1, $12", "SELECT ?1, ?12");
        check("x = ANY($1)", "x IN (SELECT value FROM json_each(?1))");
        check("x =any ( $2 ) AND y = $1", "x IN (SELECT value FROM json_each(?2)) AND y = ?1");
        check("x <> ALL($1)", "x NOT IN (SELECT value FROM json_each(?1))");
        check("x = max($1)", "x = max(?1)");
        check("a - $1 / $2", "a - ?1 / ?2");
    }

    #[test]
    fn quotes_and_comments_are_left_alone() {
        let check = |sql: &str, expected: &str| assert_eq!(for_sqlite(sql), expected);
        check("'$1' || $1", "'$1' || ?1");
        check("'it''s $1' || $1", "'it''s $1' || ?1");
        check("\"$1\" = $1 -- $1\n+ $2", "\"$1\" = ?1 -- $1\n+ ?2");
        check("/* $1 */ $1", "/* $1 */ ?1");
        check("'open $1", "'open $1");
        check("$", "$");
    }

    #[test]
    fn arrays_become_json() {
        assert_eq!(json_array(&vec![1_i64, -2].into()).unwrap(), "[1,-2]");
        assert_eq!(json_array(&Vec::<i64>::new().into()).unwrap(), "[]");
        assert_eq!(json_array(&vec!["a\"b", "ü"].into()).unwrap(), r#"["a\"b","ü"]"#);
        assert_eq!(json_array(&Value::Null), None);
    }
}
