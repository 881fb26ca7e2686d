//! What a text is found by: its words, in lower case; of scripts that leave no space between words, every two neighboring
//! letters, and the last one.
use store::search::Term;

/// The longest word in characters; of longer ones, the beginning is known.
const WORD_CHARS_MAX: usize = 48;

/// How many terms of a text are known.
const TERMS_MAX: usize = 8_000;

/// How many parts of what is searched for are looked at.
const PARTS_MAX: usize = 32;

/// From how many characters on the beginning of a word stands for the word.
const PREFIX_CHARS_MIN: usize = 3;

/// A piece of a text.
#[derive(Debug, PartialEq, Eq)]
enum Piece {
    /// A word between spaces or signs.
    Word(String),
    /// Letters of a script without spaces.
    Run(Vec<char>),
}

/// The terms that a text is found by, in their order.
pub(crate) fn terms_of(text: &str) -> Vec<String> {
    let mut terms = Vec::new();
    for piece in pieces(text) {
        match piece {
            Piece::Word(word) => terms.push(word),
            Piece::Run(run) => {
                terms.extend(pairs(&run));
                terms.extend(run.last().map(char::to_string));
            }
        }
        if terms.len() >= TERMS_MAX {
            break;
        }
    }
    terms.truncate(TERMS_MAX);
    terms
}

/// What has to be found for what somebody searches for.
pub(crate) fn wanted(text: &str) -> Vec<Term> {
    let term = |piece| match piece {
        Piece::Word(word) if word.chars().count() >= PREFIX_CHARS_MIN => Term::Prefix(word),
        Piece::Word(word) => Term::Exact(word),
        Piece::Run(run) if run.len() == 1 => Term::Prefix(run.iter().collect()),
        Piece::Run(run) => Term::Phrase(pairs(&run).collect()),
    };
    let mut terms = Vec::new();
    for term in pieces(text).into_iter().take(PARTS_MAX).map(term) {
        if !terms.contains(&term) {
            terms.push(term);
        }
    }
    terms
}

/// What a client should highlight in texts that were found for `searched`: what was searched for, and the words of the
/// texts that begin with it.
pub(crate) fn highlights<'a>(
    searched: &str,
    texts: impl Iterator<Item = &'a str>,
    max: usize,
) -> Vec<String> {
    let mut found = Vec::new();
    let mut beginnings = Vec::new();
    for piece in pieces(searched).into_iter().take(PARTS_MAX) {
        let text = match piece {
            Piece::Word(word) => {
                if word.chars().count() >= PREFIX_CHARS_MIN {
                    beginnings.push(word.clone());
                }
                word
            }
            Piece::Run(run) => run.into_iter().collect(),
        };
        if !found.contains(&text) {
            found.push(text);
        }
    }
    for piece in texts.flat_map(pieces) {
        let Piece::Word(word) = piece else { continue };
        let begins = beginnings.iter().any(|beginning| word.starts_with(&**beginning));
        if found.len() < max && begins && !found.contains(&word) {
            found.push(word);
        }
    }
    found
}

fn pairs(run: &[char]) -> impl Iterator<Item = String> + '_ {
    run.windows(2).map(|pair| pair.iter().collect())
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let (mut word, mut run) = (String::new(), Vec::new());
    for c in text.chars().flat_map(char::to_lowercase) {
        if is_unspaced(c) {
            end_word(&mut word, &mut pieces);
            run.push(c);
            continue;
        }
        if is_mark(c) {
            // It stands on the letter before it.
            continue;
        }
        end_run(&mut run, &mut pieces);
        if c.is_alphanumeric() {
            word.push(c);
        } else {
            end_word(&mut word, &mut pieces);
        }
    }
    end_run(&mut run, &mut pieces);
    end_word(&mut word, &mut pieces);
    pieces
}

fn end_word(word: &mut String, pieces: &mut Vec<Piece>) {
    if !word.is_empty() {
        let kept = word.chars().take(WORD_CHARS_MAX).collect();
        word.clear();
        pieces.push(Piece::Word(kept));
    }
}

fn end_run(run: &mut Vec<char>, pieces: &mut Vec<Piece>) {
    if !run.is_empty() {
        pieces.push(Piece::Run(std::mem::take(run)));
    }
}

/// Accents that are written as characters of their own.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{fe00}'..='\u{fe0f}')
}

/// Letters of scripts that leave no space between words, or between a word and its endings.
fn is_unspaced(c: char) -> bool {
    let is_of_script = matches!(c,
        '\u{e00}'..='\u{eff}' // Thai, Lao
        | '\u{1000}'..='\u{109f}' // Burmese
        | '\u{1780}'..='\u{17ff}' // Khmer
        | '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{ff66}'..='\u{ff9f}' // kana
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' // Han
        | '\u{20000}'..='\u{3134f}'
        | '\u{ac00}'..='\u{d7a3}' // Hangul
    );
    // Their digits and signs are none.
    is_of_script && (c.is_alphabetic() || !c.is_alphanumeric()) && !is_sign(c)
}

fn is_sign(c: char) -> bool {
    matches!(c, '\u{e3f}' | '\u{e4f}' | '\u{e5a}' | '\u{e5b}' | '\u{104a}'..='\u{104f}' | '\u{17d4}'..='\u{17db}' | '\u{30fb}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_apart_and_written_small() {
        assert_eq!(
            terms_of("Hello, WORLD! It's 2024-05"),
            ["hello", "world", "it", "s", "2024", "05"]
        );
        assert_eq!(terms_of("Über Straße E\u{301}tage"), ["über", "straße", "etage"]);
        assert!(terms_of("!? … 🎉").is_empty());
        assert_eq!(terms_of(&"a".repeat(100))[0].len(), WORD_CHARS_MAX);
    }

    #[test]
    fn scripts_without_spaces_are_known_by_pairs() {
        assert_eq!(terms_of("東京都へGo"), ["東京", "京都", "都へ", "へ", "go"]);
        assert_eq!(terms_of("本"), ["本"]);
        assert_eq!(wanted("京都"), [Term::Phrase(vec!["京都".to_owned()])]);
        let phrase = Term::Phrase(vec!["東京".to_owned(), "京都".to_owned()]);
        assert_eq!(wanted("東京都"), [phrase]);
        assert_eq!(wanted("都"), [Term::Prefix("都".to_owned())]);
        assert_eq!(
            wanted("안녕하세요 x"),
            [
                Term::Phrase(vec!["안녕".into(), "녕하".into(), "하세".into(), "세요".into()]),
                Term::Exact("x".to_owned()),
            ]
        );
    }

    #[test]
    fn nothing_but_letters_and_digits_reaches_the_engines() {
        let text = "a'b\"c\\d:e*f(g)h|i&j<k>l\u{0}m\nn-o_p^q~r「東」・\u{e3f}";
        for term in terms_of(text) {
            assert!(term.chars().all(char::is_alphanumeric), "{term:?}");
        }
    }

    #[test]
    fn what_begins_so_is_highlighted() {
        let texts = ["The cats and the Category", "dog"];
        assert_eq!(
            highlights("CAT the", texts.into_iter(), 10),
            ["cat", "the", "cats", "category"]
        );
        assert_eq!(highlights("京都", texts.into_iter(), 10), ["京都"]);
        assert_eq!(highlights("cat", texts.into_iter(), 2), ["cat", "cats"]);
    }
}
