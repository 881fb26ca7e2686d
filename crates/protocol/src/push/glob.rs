//! Glob patterns ([spec]): `*` stands for any characters, `?` for one; letters match in either case.
//!
//! Invariant: the cost of a match grows with the pattern plus the text, never with their product: each step that is not
//! a plain search is taken from a [`Budget`], and a pattern that uses it up does not match. Only patterns made for that
//! do.
//!
//! [spec]: https://spec.matrix.org/v1.16/appendices/#glob-style-matching
use std::{cell::Cell, fmt};

use memchr::memmem::Finder;

/// How many steps the patterns of one user may take for one event: some milliseconds at most.
const STEPS_MAX: usize = 1 << 20;

/// The steps that are left.
pub(super) struct Budget(Cell<usize>);

impl Budget {
    pub(super) fn new() -> Self {
        Self(Cell::new(STEPS_MAX))
    }

    /// Takes some; `None` when they do not suffice.
    pub(super) fn take(&self, steps: usize) -> Option<()> {
        let left = self.0.get().checked_sub(steps);
        self.0.set(left.unwrap_or(0));
        left.map(drop)
    }
}

/// A pattern, prepared.
pub(super) struct Glob {
    pattern: Box<str>,
    /// What stands between the stars; never an empty one.
    segments: Vec<Segment>,
    starts_with_star: bool,
    ends_with_star: bool,
}

/// Characters and question marks, which match as many characters as they are.
struct Segment(Vec<Piece>);

/// So many question marks, and then this text.
struct Piece {
    any: usize,
    text: Finder<'static>,
}

impl Glob {
    pub(super) fn new(pattern: &str) -> Self {
        let pattern = pattern.to_lowercase();
        let parts = pattern.split('*').filter(|part| !part.is_empty());
        Self {
            segments: parts.map(Segment::new).collect(),
            starts_with_star: pattern.starts_with('*'),
            ends_with_star: pattern.ends_with('*'),
            pattern: pattern.into(),
        }
    }

    /// A pattern in which nothing is special.
    pub(super) fn literal(text: &str) -> Self {
        let pattern = text.to_lowercase();
        let text = Finder::new(pattern.as_bytes()).into_owned();
        let segments = if pattern.is_empty() {
            Vec::new()
        } else {
            vec![Segment(vec![Piece { any: 0, text }])]
        };
        let (starts_with_star, ends_with_star) = (false, false);
        Self { pattern: pattern.into(), segments, starts_with_star, ends_with_star }
    }

    /// Whether the pattern matches all of `text`.
    pub(super) fn matches(&self, text: &str, budget: &Budget) -> bool {
        if !self.pattern.contains(['*', '?']) {
            return same_letters(text, &self.pattern);
        }
        let matches = || {
            budget.take(text.len() / 16)?;
            self.matches_lowercase(&text.to_lowercase(), budget)
        };
        matches().is_some()
    }

    fn matches_lowercase(&self, text: &str, budget: &Budget) -> Option<()> {
        let mut at = 0;
        let mut segments = self.segments.as_slice();
        if !self.starts_with_star
            && let [first, rest @ ..] = segments
        {
            at = first.match_at(text, 0, budget)?;
            segments = rest;
            if segments.is_empty() && !self.ends_with_star {
                return (at == text.len()).then_some(());
            }
        }
        let mut last = None;
        if !self.ends_with_star
            && let [rest @ .., end] = segments
        {
            (segments, last) = (rest, Some(end));
        }
        for segment in segments {
            (_, at) = segment.find(text, at, budget)?;
        }
        match last {
            Some(last) => last.match_end(text, at, budget),
            None => (!self.pattern.is_empty() || text.is_empty()).then_some(()),
        }
    }

    /// Whether the pattern matches some part of `text`, which is in lowercase, that begins and ends at a word boundary.
    pub(super) fn matches_words(&self, text: &str, budget: &Budget) -> bool {
        if self.pattern.is_empty() {
            return text.is_empty();
        }
        self.find_words(text, budget).is_some()
    }

    fn find_words(&self, text: &str, budget: &Budget) -> Option<()> {
        let [first, rest @ ..] = self.segments.as_slice() else { return Some(()) };
        let mut at = 0;
        loop {
            let (start, end) = first.find(text, at, budget)?;
            let starts = self.starts_with_star || is_boundary(text, start);
            if starts {
                let is_whole = rest.is_empty() && !self.ends_with_star;
                if !is_whole {
                    // What follows may be anywhere behind: the first place is as good as any other.
                    return self.find_rest(text, end, rest, budget);
                }
                if is_boundary(text, end) {
                    return Some(());
                }
            }
            at = start + text.get(start..)?.chars().next()?.len_utf8();
        }
    }

    fn find_rest(&self, text: &str, at: usize, rest: &[Segment], budget: &Budget) -> Option<()> {
        let mut at = at;
        let (middle, last) = match rest {
            [middle @ .., last] if !self.ends_with_star => (middle, Some(last)),
            _ => (rest, None),
        };
        for segment in middle {
            (_, at) = segment.find(text, at, budget)?;
        }
        let Some(last) = last else { return Some(()) };
        loop {
            let (start, end) = last.find(text, at, budget)?;
            if is_boundary(text, end) {
                return Some(());
            }
            at = start + text.get(start..)?.chars().next()?.len_utf8();
        }
    }
}

impl fmt::Debug for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pattern.fmt(f)
    }
}

impl Segment {
    fn new(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let behind = rest.trim_start_matches('?');
            let any = rest.len() - behind.len();
            let end = behind.find('?').unwrap_or(behind.len());
            let (text, next) = behind.split_at(end);
            pieces.push(Piece { any, text: Finder::new(text.as_bytes()).into_owned() });
            rest = next;
        }
        Self(pieces)
    }

    /// Where a match that begins at `start` ends.
    fn match_at(&self, text: &str, start: usize, budget: &Budget) -> Option<usize> {
        let mut at = start;
        for piece in &self.0 {
            let needle = piece.text.needle();
            budget.take(1 + piece.any + needle.len() / 16)?;
            at = skip(text, at, piece.any)?;
            if !text.as_bytes().get(at..)?.starts_with(needle) {
                return None;
            }
            at += needle.len();
        }
        Some(at)
    }

    /// The first match that begins at `from` or behind it: where it begins and ends.
    fn find(&self, text: &str, from: usize, budget: &Budget) -> Option<(usize, usize)> {
        let [first, ..] = self.0.as_slice() else { return None };
        let mut start = from;
        loop {
            if first.text.needle().is_empty() {
                // Nothing but question marks: here or nowhere.
                return Some((start, self.match_at(text, start, budget)?));
            }
            let behind = skip(text, start, first.any)?;
            let found = behind + first.text.find(text.as_bytes().get(behind..)?)?;
            start = skip_back(text, found, first.any)?;
            budget.take(1)?;
            if let Some(end) = self.match_at(text, start, budget) {
                return Some((start, end));
            }
            start += text.get(start..)?.chars().next()?.len_utf8();
        }
    }

    /// Whether it matches the end of `text`, at `from` or behind it.
    fn match_end(&self, text: &str, from: usize, budget: &Budget) -> Option<()> {
        let characters = |piece: &Piece| piece.any + characters(piece.text.needle());
        let length = self.0.iter().map(characters).sum();
        budget.take(length / 16)?;
        let start = skip_back(text, text.len(), length).filter(|start| *start >= from)?;
        let end = self.match_at(text, start, budget)?;
        (end == text.len()).then_some(())
    }
}

fn characters(utf8: &[u8]) -> usize {
    // Every byte but those that continue a character.
    utf8.iter().filter(|byte| **byte & 0xC0 != 0x80).count()
}

fn skip(text: &str, at: usize, count: usize) -> Option<usize> {
    if count == 0 {
        return Some(at);
    }
    let mut ends = text.get(at..)?.char_indices().map(|(start, char)| at + start + char.len_utf8());
    ends.nth(count - 1)
}

fn skip_back(text: &str, at: usize, count: usize) -> Option<usize> {
    if count == 0 {
        return Some(at);
    }
    text.get(..at)?.char_indices().rev().nth(count - 1).map(|(start, _)| start)
}

/// Whether two texts are the same but for their letters' case; `lowercase` has none in uppercase.
fn same_letters(text: &str, lowercase: &str) -> bool {
    if text.is_ascii() {
        return text.eq_ignore_ascii_case(lowercase);
    }
    text.to_lowercase() == lowercase
}

/// A word boundary is an end of the text, or where one of the characters on both sides is none of a word.
fn is_boundary(text: &str, at: usize) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let bytes = text.as_bytes();
    let before = at.checked_sub(1).and_then(|before| bytes.get(before));
    !(before.is_some_and(is_word) && bytes.get(at).is_some_and(is_word))
}

#[cfg(test)]
mod tests;
