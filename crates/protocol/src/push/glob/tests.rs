use std::time::Instant;

use proptest::prelude::*;

use super::*;

fn matches(pattern: &str, text: &str) -> bool {
    Glob::new(pattern).matches(text, &Budget::new())
}

fn in_words(pattern: &str, text: &str) -> bool {
    Glob::new(pattern).matches_words(&text.to_lowercase(), &Budget::new())
}

#[test]
fn all_of_a_text_is_matched() {
    for (pattern, text) in [
        ("", ""),
        ("*", ""),
        ("*", "anything\nat all"),
        ("m.room.message", "M.Room.Message"),
        ("lunc?*", "Lunch plans"),
        ("lunc?*", "LUNCH"),
        ("?", "\u{1F370}"),
        ("a*b*c", "a-c-b-b-c"),
        ("*a?c", "xxabcabc"),
        ("??*", "ab"),
        ("ÄRGER", "ärger"),
    ] {
        assert!(matches(pattern, text), "{pattern} {text}");
    }
    for (pattern, text) in [
        ("", "x"),
        ("lunc?*", " lunch"),
        ("lunc?*", "lunc"),
        ("a*b", "ab-"),
        ("a", "aa"),
        ("aa*a", "aa"),
        ("*ab?", "ab"),
        ("???", "ab"),
    ] {
        assert!(!matches(pattern, text), "{pattern} {text}");
    }
}

#[test]
fn words_are_matched_wherever_they_stand() {
    for (pattern, text) in [
        ("ex*ple", "An example event."),
        ("ex*ple", "exple"),
        ("ex*ple", "An exciting triple-whammy"),
        ("fish", "so long, FISH!"),
        ("fish", "catfish fish"),
        ("@room", "hey @room"),
        ("foo bar", "a foo bar b"),
        ("caf\u{e9}", "un CAF\u{c9} noir"),
        ("b?r", "foobar bar"),
        ("*", "x"),
        ("*ple", "an example"),
        ("exam*", "an example"),
    ] {
        assert!(in_words(pattern, text), "{pattern} {text}");
    }
    for (pattern, text) in [
        ("fish", "fishes catfish fish_"),
        ("", "x"),
        ("ex*ple", "An examples event"),
        ("foo", ""),
        ("exam*", "reexam"),
        ("*xam", "an example"),
    ] {
        assert!(!in_words(pattern, text), "{pattern} {text}");
    }
}

#[test]
fn in_a_literal_nothing_is_special() {
    let name = Glob::literal("a*b?");
    assert!(name.matches_words("hey a*b? there", &Budget::new()));
    assert!(!name.matches_words("axxbx", &Budget::new()));
    assert!(!Glob::literal("").matches_words("x", &Budget::new()));
}

/// What a glob means, written down without a thought for time.
fn slow(pattern: &[char], text: &[char]) -> bool {
    match pattern {
        [] => text.is_empty(),
        ['*', rest @ ..] => (0..=text.len()).any(|at| slow(rest, &text[at..])),
        ['?', rest @ ..] => !text.is_empty() && slow(rest, &text[1..]),
        [char, rest @ ..] => text.first() == Some(char) && slow(rest, &text[1..]),
    }
}

fn slow_words(pattern: &[char], text: &[char]) -> bool {
    let is_word = |at: usize| text[at].is_ascii_alphanumeric() || text[at] == '_';
    let is_boundary = |at: usize| at == 0 || at == text.len() || !is_word(at - 1) || !is_word(at);
    let ends = |start: usize| (start..=text.len()).filter(move |end| is_boundary(*end));
    if pattern.is_empty() {
        return text.is_empty();
    }
    (0..=text.len())
        .filter(|start| is_boundary(*start))
        .any(|start| ends(start).any(|end| slow(pattern, &text[start..end])))
}

proptest! {
    #[test]
    fn a_glob_means_what_it_says(pattern in "[ab \u{e9}*?]{0,7}", text in "[ab \u{e9}]{0,12}") {
        let (pattern_chars, chars): (Vec<_>, Vec<_>) =
            (pattern.chars().collect(), text.chars().collect());
        prop_assert_eq!(matches(&pattern, &text), slow(&pattern_chars, &chars));
        prop_assert_eq!(in_words(&pattern, &text), slow_words(&pattern_chars, &chars));
    }
}

/// Patterns made to take long against texts made for them (CVE-2021-29471).
#[test]
fn patterns_made_to_take_long_do_not() {
    const SIZE: usize = 65_536;
    let a = |count: usize| "a".repeat(count);
    let text = a(SIZE);
    for pattern in [
        a(SIZE),
        format!("{}b", a(SIZE / 2)),
        "*a".repeat(SIZE / 2) + "b",
        "a*".repeat(SIZE / 2) + "b",
        "?a".repeat(SIZE / 2) + "b",
        "*?a".repeat(SIZE / 3) + "b",
        format!("*{}b*", "a?".repeat(SIZE / 4)),
        "?".repeat(SIZE),
        "*".repeat(SIZE),
        format!("{}!", "!a".repeat(1_000)),
    ] {
        let glob = Glob::new(&pattern);
        let spaced = "a! ".repeat(SIZE / 3);
        let began = Instant::now();
        for text in [&text, &spaced] {
            glob.matches(text, &Budget::new());
            glob.matches_words(text, &Budget::new());
        }
        // Four matches, in a build without optimization, beside other tests; one that is not linear takes minutes.
        let took = began.elapsed();
        assert!(took.as_secs() < 10, "{took:?} {}", &pattern[..8]);
    }
}
