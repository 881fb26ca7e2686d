//! The words that people are found by.
//!
//! Case and accents do not count. Scripts that write without spaces are found by any part of a name: each of its ends is
//! a word.
use protocol::ids::UserId;
use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// How many words one user is found by at most.
const WORDS_MAX: usize = 64;

/// How many characters of a word count.
const WORD_CHARS_MAX: usize = 64;

/// How many terms of a search count.
const TERMS_MAX: usize = 3;

/// The words of a user.
pub(crate) fn of_user(user_id: &UserId, display_name: Option<&str>) -> Vec<String> {
    let id = user_id.as_str().trim_start_matches('@');
    let mut words = vec![cut(&fold(id))];
    let names = [fold(user_id.localpart()), fold(display_name.unwrap_or_default())];
    for word in names.iter().flat_map(|name| name.split_whitespace()) {
        add(&mut words, word);
        for part in word.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty()) {
            add(&mut words, part);
            let ends = part.char_indices().filter(|(at, c)| *at > 0 && is_unspaced(*c));
            for (at, _) in ends {
                add(&mut words, part.get(at..).unwrap_or_default());
            }
        }
    }
    words
}

fn add(words: &mut Vec<String>, word: &str) {
    let word = cut(word);
    if words.len() < WORDS_MAX && !words.contains(&word) {
        words.push(word);
    }
}

/// What a search looks for, the longest first: those tell most.
pub(crate) fn terms(text: &str) -> Vec<String> {
    let folded = fold(text);
    let terms = folded.split_whitespace().map(|term| cut(term.trim_start_matches('@')));
    let mut terms: Vec<_> = terms.filter(|term| !term.is_empty()).collect();
    terms.sort_by_key(|term| std::cmp::Reverse(term.len()));
    terms.dedup();
    terms.truncate(TERMS_MAX);
    terms
}

/// A whole name as it is compared.
pub(crate) fn whole(text: &str) -> String {
    cut(fold(text).trim().trim_start_matches('@'))
}

/// Lower case, compatibility forms taken apart, without accents and control characters.
fn fold(text: &str) -> String {
    let is_plain = |c: &char| !is_combining_mark(*c) && (!c.is_control() || c.is_whitespace());
    let plain = text.nfkd().filter(is_plain);
    plain.flat_map(char::to_lowercase).nfkc().collect()
}

fn cut(word: &str) -> String {
    word.chars().take(WORD_CHARS_MAX).collect()
}

/// Whether the character belongs to a script that does not divide words by spaces.
fn is_unspaced(c: char) -> bool {
    matches!(
        u32::from(c),
        0x0e00..=0x0eff // Thai, Lao
            | 0x1000..=0x109f // Myanmar
            | 0x1780..=0x17ff // Khmer
            | 0x3040..=0x30ff // Hiragana, Katakana
            | 0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xf900..=0xfaff // Han
            | 0xac00..=0xd7af // Hangul
            | 0x2_0000..=0x3_ffff // Han, rare
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(id: &str, name: &str) -> Vec<String> {
        of_user(&UserId::parse(id).unwrap(), Some(name))
    }

    fn is_found(id: &str, name: &str, text: &str) -> bool {
        let words = words(id, name);
        terms(text).iter().all(|term| words.iter().any(|word| word.starts_with(term)))
    }

    #[test]
    fn people_are_found_by_parts_of_their_names() {
        let (id, name) = ("@john.smith:example.org", "Jo\u{308}hn O'Brien-Smith");
        for text in
            ["john", "@john.s", "SMITH", "j\u{f6}hn", "o'b", "brien", "jo smi", "john.smith:exam"]
        {
            assert!(is_found(id, name, text), "{text}: {:?}", words(id, name));
        }
        for text in ["mith", "ohn", "example", "john x"] {
            assert!(!is_found(id, name, text), "{text}");
        }
    }

    #[test]
    fn unspaced_scripts_are_found_by_any_part() {
        let name = "\u{5c71}\u{7530}\u{592a}\u{90ce}";
        assert!(is_found("@y:example.org", name, "\u{592a}\u{90ce}"));
        assert!(is_found("@y:example.org", "\u{d64d}\u{ae38}\u{b3d9}", "\u{ae38}\u{b3d9}"));
    }

    #[test]
    fn no_name_makes_many_words_or_long_ones() {
        let name = "\u{5c71} ".repeat(500) + &"\u{5c71}".repeat(10_000) + &" a b c d".repeat(400);
        let words = words("@y:example.org", &name);
        assert!(words.len() <= WORDS_MAX);
        assert!(words.iter().all(|word| word.chars().count() <= WORD_CHARS_MAX));
        assert!(terms("\0\u{1} @ \t").is_empty());
        assert_eq!(terms("a bb a ccc dddd").len(), TERMS_MAX);
    }
}
