//! Texts as they are shown.

/// The most characters of a text that is shown.
pub(crate) const CHARACTERS_MAX: usize = 500;

/// The most bytes of markup that one text is made of.
pub(crate) const RAW_BYTES_MAX: usize = 8 * 1_024;

/// A text of a page as people read it: character references resolved, white space as single spaces, no control
/// characters, and at most [`CHARACTERS_MAX`] characters. `None` if nothing is left.
pub(crate) fn shown(raw: &str) -> Option<String> {
    let decoded = html_escape::decode_html_entities(raw);
    let mut text = String::new();
    let mut count = 0;
    for word in decoded.split(|c: char| c.is_whitespace() || c.is_control()) {
        if word.is_empty() {
            continue;
        }
        if count > 0 {
            text.push(' ');
            count += 1;
        }
        for c in word.chars() {
            if count >= CHARACTERS_MAX {
                text.push('…');
                return Some(text);
            }
            text.push(c);
            count += 1;
        }
    }
    (count > 0).then_some(text)
}

/// At most [`CHARACTERS_MAX`] characters of what is shown.
pub(crate) fn cut(text: &str) -> String {
    match text.char_indices().nth(CHARACTERS_MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// A reference to another document: without character references, or white space around it. `None` if it is empty or
/// longer than anybody's.
pub(crate) fn reference(raw: &str) -> Option<String> {
    const BYTES_MAX: usize = 4_096;
    if raw.len() > RAW_BYTES_MAX {
        return None;
    }
    let decoded = html_escape::decode_html_entities(raw);
    let trimmed = decoded.trim();
    (!trimmed.is_empty() && trimmed.len() <= BYTES_MAX).then(|| trimmed.to_owned())
}

/// Appends what fits.
pub(crate) fn append(text: &mut String, more: &str) {
    let room = RAW_BYTES_MAX.saturating_sub(text.len());
    let end = more.floor_char_boundary(room);
    text.push_str(more.get(..end).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_shown_in_one_line_without_markup() {
        assert_eq!(shown(" A &amp;\n\t&#x42;&nbsp;C \0&lt;i&gt; ").unwrap(), "A & B C <i>");
        assert_eq!(shown("\0\u{7}\u{85}&nbsp;"), None);
        assert_eq!(shown(" \n "), None);
        let long = shown(&"é ".repeat(1_000)).unwrap();
        assert!(long.ends_with('…') && long.chars().count() <= CHARACTERS_MAX + 1, "{long}");
    }

    #[test]
    fn references_are_whole_or_none() {
        assert_eq!(reference(" /a?b=1&amp;c=2 ").unwrap(), "/a?b=1&c=2");
        assert_eq!(reference(" "), None);
        assert_eq!(reference(&"a".repeat(5_000)), None);
    }

    #[test]
    fn what_does_not_fit_is_cut_between_characters() {
        let mut text = "é".repeat(RAW_BYTES_MAX / 2 - 1);
        append(&mut text, "aéé");
        assert_eq!(text.len(), RAW_BYTES_MAX - 1);
    }
}
